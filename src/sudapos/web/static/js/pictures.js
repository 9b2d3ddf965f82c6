// Draws the chart of a report from the JSON beside its canvas; the table below it says the same in words.
(function () {
  "use strict";
  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }
  var TONES = {
    refunded: "--brand", rate: "--wait", decision: "--move", arrival: "--brand",
    in_doubt: "--doubt", failed: "--bad", bounced: "--wait",
  };
  var charts = [];
  function draw(canvas) {
    var told = JSON.parse(document.getElementById(canvas.dataset.picture).textContent);
    var ink = token("--ink-2"), line = token("--line");
    var sets = told.sets.map(function (set) {
      var colour = token(TONES[set.tone] || "--brand");
      return {
        type: set.line ? "line" : "bar", label: set.label, data: set.values, said: set.said,
        yAxisID: set.line ? "right" : "left", borderColor: colour, backgroundColor: colour,
        borderWidth: set.line ? 2 : 0, borderRadius: 3, maxBarThickness: 36, pointRadius: 4, tension: 0, showLine: told.runs,
        order: set.line ? 0 : 1, spanGaps: false,
      };
    });
    var right = sets.some(function (set) { return set.yAxisID === "right"; });
    var scales = {
      x: { grid: { display: false }, ticks: { color: ink, maxRotation: 60, autoSkip: true } },
      left: { beginAtZero: true, grid: { color: line }, border: { display: false }, ticks: { color: ink, maxTicksLimit: 6 } },
    };
    if (right) {
      scales.right = {
        position: "right", beginAtZero: true, grid: { display: false }, border: { display: false },
        ticks: { color: ink, maxTicksLimit: 6, callback: function (value) { return value + "%"; } },
      };
    }
    charts.push(new Chart(canvas, {
      data: { labels: told.labels, datasets: sets },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, scales: scales,
        interaction: { mode: "index", intersect: false },
        plugins: {
          legend: { position: "bottom", labels: { color: ink, boxWidth: 14, boxHeight: 14 } },
          tooltip: { callbacks: { label: function (at) { return at.dataset.label + " " + at.dataset.said[at.dataIndex]; } } },
        },
      },
    }));
  }
  function all() {
    charts.splice(0).forEach(function (chart) { chart.destroy(); });
    document.querySelectorAll("canvas[data-picture]").forEach(draw);
  }
  document.addEventListener("DOMContentLoaded", function () {
    if (!window.Chart) { return; }
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    document.querySelectorAll(".picture[hidden]").forEach(function (box) { box.hidden = false; });
    all();
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
    window.addEventListener("beforeprint", function () { charts.forEach(function (chart) { chart.resize(); }); });
  });
})();
