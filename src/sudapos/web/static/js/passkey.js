// Passkeys: a form with data-passkey="create" or "get" asks the browser and carries its answer. Without this file the form stays hidden.
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const read = (options) => {
    const asked = options.publicKey;
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    for (const list of [asked.excludeCredentials, asked.allowCredentials]) for (const each of list || []) each.id = bytes(each.id);
    return { publicKey: asked };
  };
  const plain = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      const value = credential.response[name];
      if (value) response[name] = text(value);
    }
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
      authenticatorAttachment: credential.authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults() };
  };
  if (!window.PublicKeyCredential) return;
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.hidden = false;
    const button = form.querySelector("button[type=button]");
    button.addEventListener("click", async () => {
      if (!form.reportValidity()) return;
      button.disabled = true;
      try {
        const options = read(JSON.parse(form.dataset.options));
        const given = form.dataset.passkey === "create" ? await navigator.credentials.create(options) : await navigator.credentials.get(options);
        form.elements.passkey.value = JSON.stringify(plain(given));
        form.submit();
      } catch {
        form.dataset.failed = "1"; // she closed the browser's own window: nothing happened, she may press again
        button.disabled = false;
      }
    });
  });
})();
