// Asks the browser for a passkey and sends what it answers with the form. The server decides; we only carry.
//   <form data-passkey="get|create" data-options="JSON" hidden><input name="answer">…<button>…<p data-said></p></form>

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

function read(json) {
  const options = JSON.parse(json);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  if (options.excludeCredentials) options.excludeCredentials = known(options.excludeCredentials);
  if (options.allowCredentials) options.allowCredentials = known(options.allowCredentials);
  return options;
}

function written(made) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const response = {};
  for (const part of parts) if (made.response[part]) response[part] = text(made.response[part]);
  return JSON.stringify({
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    response,
    clientExtensionResults: made.getClientExtensionResults(),
  });
}

const WORDS = {
  NotAllowedError: "Nothing was given, or it took too long. Try again.",
  InvalidStateError: "This device holds a passkey for your account already.",
  SecurityError: "The browser does not offer passkeys at this address.",
};

async function ask(form) {
  const said = form.querySelector("[data-said]");
  const kind = form.dataset.passkey;
  said.textContent = "Your browser asks you now.";
  try {
    const made = await navigator.credentials[kind]({ publicKey: read(form.dataset.options) });
    form.elements.namedItem("answer").value = written(made);
    form.submit();
  } catch (error) {
    said.textContent = WORDS[error.name] ?? "That did not work in this browser.";
  }
}

export function startPasskeys() {
  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  }
}
