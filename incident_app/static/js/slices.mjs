// A large file goes up slice by slice, with its progress; what breaks off goes on where it stopped. Without us the form
// sends what one request may carry.
//   <form data-slices="/…/incoming">   where a file is announced; its field "file" holds it
//   [data-slices-state]                shown meanwhile: a <progress> and [data-slices-words]
//   [data-goes-on="/…" data-name data-size]   a file that broke off: the same one again goes on with it
import { say } from "./say.mjs";

const SLICE = 8 * 1024 * 1024;
const PART = 1024 * 1024;
const SMALL = 4 * 1024 * 1024;
const TRIES = 5;

const begunHere = new WeakMap();

class Refusal extends Error {}

const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

async function asked(address, options = {}) {
  const answer = await fetch(address, { credentials: "same-origin", ...options, headers: { Accept: "application/json", ...options.headers } });
  if (answer.redirected) throw new Refusal("You are signed out. Sign in again; what is there stays.");
  const said = await answer.json().catch(() => ({}));
  if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
  if (!answer.ok) throw new Refusal([said.error, ...Object.values(said.problems ?? {})].filter(Boolean).join(" ") || "It was refused.");
  return said;
}

async function sha256(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((one) => one.toString(16).padStart(2, "0")).join("");
}

// Whether the part that came last stands in this file too: otherwise it is another one of the same name and length.
async function isSame(file, known) {
  if (!known.received) return true;
  if (!globalThis.crypto?.subtle) return false;
  const from = Math.floor((known.received - 1) / PART) * PART;
  return await sha256(file.slice(from, known.received)) === known.last;
}

async function brokenOff(form, file) {
  const before = begunHere.get(form);
  if (before?.file === file) {
    const known = await asked(before.show).catch(() => null);
    if (known) return { ...known, show: before.show };
  }
  for (const mark of document.querySelectorAll("[data-goes-on]")) {
    if (mark.dataset.name === file.name && Number(mark.dataset.size) === file.size) {
      const known = await asked(mark.dataset.goesOn);
      if (await isSame(file, known)) return { ...known, show: mark.dataset.goesOn };
    }
  }
  return null;
}

function tellers(form) {
  const state = form.querySelector("[data-slices-state]");
  const bar = state.querySelector("progress");
  const words = state.querySelector("[data-slices-words]");
  state.hidden = false;
  return (text, percent) => {
    words.textContent = text;
    if (percent != null) bar.value = percent;
  };
}

async function announced(form, file, headers) {
  const body = new FormData();
  body.set("name", file.name);
  body.set("size", file.size);
  body.set("type", file.type);
  body.set("kind", form.elements.namedItem("kind").value);
  const known = await asked(form.dataset.slices, { method: "POST", headers, body });
  return { ...known, show: known.put };
}

// One slice after the other; after a break we ask how far it is, and go on there.
async function sent(file, begun, headers, tell) {
  let known = begun;
  let failed = 0;
  while (known.received < known.size) {
    const percent = Math.floor((100 * known.received) / known.size);
    tell(`${percent} % of ${file.name} is there. Stay on this page.`, percent);
    try {
      const slice = file.slice(known.received, known.received + SLICE);
      known = await asked(`${begun.put}?from=${known.received}`, {
        method: "PUT", headers: { ...headers, "Content-Type": "application/octet-stream" }, body: slice,
      });
      failed = 0;
    } catch (error) {
      if (error instanceof Refusal || (failed += 1) >= TRIES) throw error;
      tell(`The connection broke at ${percent} %. Trying again…`, percent);
      await pause(2 ** failed);
      known = await asked(begun.show).catch(() => known);
    }
  }
  tell(`All of ${file.name} is there. Its SHA-256 is being made…`, 100);
  return asked(begun.finish, { method: "POST", headers });
}

async function send(form, file) {
  const headers = { "X-CSRFToken": form.elements.namedItem("csrf_token").value };
  const button = form.querySelector("button[type=submit]");
  const tell = tellers(form);
  button.disabled = true;
  try {
    const begun = await brokenOff(form, file) ?? await announced(form, file, headers);
    begunHere.set(form, { file, show: begun.show });
    const kept = await sent(file, begun, headers, tell);
    say(`${file.name} is kept.`);
    location.assign(kept.page);
  } catch (error) {
    const words = error instanceof Refusal ? error.message
      : "It broke off. What is there is kept for a day: press the button again to go on, or load the page and choose the same file.";
    tell(words);
    say(words);
    button.disabled = false;
  }
}

export function startSlices() {
  for (const form of document.querySelectorAll("form[data-slices]")) {
    form.addEventListener("submit", (event) => {
      const [file] = form.elements.namedItem("file").files;
      if (!file || file.size <= SMALL) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      send(form, file);
    });
  }
}
