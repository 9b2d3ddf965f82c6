// What the desk does beyond links and forms: keys, steppers, drafts, one press only, a lost line, live pages.
// Every page works without this file.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const typing = (el) => el && el.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");

  // ---- keys: / find · Enter primary · Esc back · ? help · 1-9 a line; a scanner anywhere finds a sale
  const SCAN_GAP = 45;
  let burst = "", last = 0, waiting = 0;
  const press = (key) => {
    if (key === "/") { const field = $("[data-find]"); if (field) field.focus(); else location.href = "/counter/"; return; }
    if (key === "Escape") { const back = $("[data-back]"); if (back) back.click(); return; }
    const target = $(`[data-key="${CSS.escape(key)}"]`);
    if (target && !target.disabled) target.click();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const inField = typing(document.activeElement);
    if (event.key === "Escape" && inField) { document.activeElement.blur(); return; }
    if (inField) return;
    if (event.key === "Enter") {
      clearTimeout(waiting);
      if (burst.length >= 6 && event.timeStamp - last < SCAN_GAP * 4) {
        event.preventDefault();
        location.href = `/counter/?q=${encodeURIComponent(burst)}`;
        burst = "";
        return;
      }
      burst = "";
      if (document.activeElement && document.activeElement.matches("a, button, summary")) return;
      const primary = $("[data-primary]");
      if (primary && !primary.disabled) { event.preventDefault(); primary.click(); }
      return;
    }
    if (event.key.length !== 1 && event.key !== "Escape") return;
    if (event.timeStamp - last > SCAN_GAP * 4) burst = "";
    burst += event.key.length === 1 ? event.key : "";
    last = event.timeStamp;
    if (event.key === "/") event.preventDefault();
    clearTimeout(waiting);
    const key = event.key;
    // wait a moment: the keys of a scanner follow each other faster than any finger
    waiting = setTimeout(() => { if (burst.length <= 1) press(key); }, SCAN_GAP);
  });

  // ---- steppers and picking
  const changed = (el) => el.dispatchEvent(new Event("change", { bubbles: true }));
  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (!step) return;
    const line = step.closest("[data-line]"), field = $("[data-qty]", line), pick = $("[data-pick]", line);
    const most = parseFloat(field.dataset.max), next = (parseInt(field.value, 10) || 0) + Number(step.dataset.step);
    if (next < 1) { pick.checked = false; field.value = "1"; } else { field.value = String(Math.min(next, most)); pick.checked = true; }
    changed(field);
  });
  document.addEventListener("input", (event) => {
    const line = event.target.matches("[data-qty]") && event.target.closest("[data-line]");
    if (line) $("[data-pick]", line).checked = event.target.value.trim() !== "";
  });

  // ---- drafts: nothing typed is lost; kept in this tab until the refund is there
  const skip = new Set(["csrfmiddlewaretoken", "key", "expected_total", "password"]);
  const keep = (form) => {
    const pairs = [...new FormData(form)].filter(([name]) => !skip.has(name));
    try { sessionStorage.setItem(`draft:${form.dataset.draft}`, JSON.stringify(pairs)); } catch { /* storage is full or off */ }
  };
  const restore = (form) => {
    let pairs;
    try { pairs = JSON.parse(sessionStorage.getItem(`draft:${form.dataset.draft}`) || "null"); } catch { pairs = null; }
    if (!pairs || "keep" in form.dataset) return;
    all("input, textarea, select", form).forEach((el) => {
      if (skip.has(el.name) || el.type === "hidden" || el.disabled) return;
      const values = pairs.filter(([name]) => name === el.name).map(([, value]) => value);
      if (el.type === "checkbox" || el.type === "radio") el.checked = values.includes(el.value);
      else if (values.length) el.value = values[0];
    });
    form.dispatchEvent(new CustomEvent("desk:changed", { bubbles: false }));
  };
  document.addEventListener("input", (event) => { const form = event.target.form; if (form && form.dataset.draft) keep(form); });
  document.addEventListener("change", (event) => { const form = event.target.form; if (form && form.dataset.draft) keep(form); });
  const forget = () => all("[data-draft-done]").forEach((el) => sessionStorage.removeItem(`draft:${el.dataset.draftDone}`));

  // ---- a double press is one press; nothing is sent over a dead line
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (!navigator.onLine) { event.preventDefault(); lost(true); return; }
    if (!("once" in form.dataset)) return;
    if (form.dataset.pressed) { event.preventDefault(); return; }
    form.dataset.pressed = "1";
    const button = event.submitter;
    if (button) button.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => all("form[data-pressed]").forEach((form) => {
    delete form.dataset.pressed;
    all("[aria-busy]", form).forEach((el) => el.removeAttribute("aria-busy"));
  }));

  // ---- a lost line: say so, look again every three seconds
  let looking = 0;
  const lost = (yes) => {
    const bar = $("#lost");
    if (bar) bar.hidden = !yes;
    document.body.classList.toggle("is-lost", yes);
    clearInterval(looking);
    if (yes) looking = setInterval(() => fetch("/healthz", { cache: "no-store" }).then((r) => { if (r.ok) lost(false); }).catch(() => {}), 3000);
  };
  window.addEventListener("offline", () => lost(true));
  window.addEventListener("online", () => lost(false));
  document.addEventListener("htmx:sendError", () => lost(true));
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) lost(false); });

  // ---- rows that can be added, papers that print themselves, the clock
  document.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more]");
    if (!more) return;
    const next = $(`${more.dataset.more}[hidden]`);
    if (next) { next.hidden = false; const field = $("input", next); if (field) field.focus(); }
    if (!$(`${more.dataset.more}[hidden]`)) more.hidden = true;
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-print-page]")) window.print(); });
  const print = () => {
    const paper = $("iframe[data-print]");
    if (!paper) return;
    const go = () => { paper.contentWindow.focus(); paper.contentWindow.print(); };
    if (paper.contentDocument && paper.contentDocument.readyState === "complete" && paper.contentDocument.body.childElementCount) go();
    else paper.addEventListener("load", go, { once: true });
  };
  const grow = () => all("iframe[data-fit]").forEach((frame) => {
    const fit = () => { if (frame.contentDocument) frame.style.height = `${frame.contentDocument.documentElement.scrollHeight + 4}px`; };
    frame.addEventListener("load", fit);
    fit();
  });
  const tick = () => all("[data-time]").forEach((el) => {
    const parts = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" }).format(new Date());
    el.textContent = parts;
  });

  const ready = () => {
    document.documentElement.classList.add("has-script");
    all("[data-hide-rest]").forEach((list) => all(list.dataset.hideRest, list).forEach((row) => { if (!all("input", row).some((el) => el.value && el.value !== "1")) row.hidden = true; }));
    forget();
    all("form[data-draft]").forEach(restore);
    grow();
    print();
    tick();
    setInterval(tick, 10000);
    const named = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (named && named.closest("details")) { named.closest("details").open = true; named.closest("details").scrollIntoView(); }
    const said = $("#said");
    if (said) said.scrollIntoView({ block: "center" });
  };
  // after htmx, which listens for the same moment and was here first
  if (document.readyState === "complete") ready();
  else document.addEventListener("DOMContentLoaded", ready);
})();
