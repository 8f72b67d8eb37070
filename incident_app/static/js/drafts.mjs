// What is typed is kept on the server while it is typed, for the person who types it. Nothing is kept in the browser.
//   <input name="draft_of" data-draft="/drafts/…">   in a form: keep what is typed there
//   [data-draft-offer="form/subject"] [data-draft-take]   put it back into that form
import { say } from "./say.mjs";

const AFTER = 3000;
const OURS = new Set(["csrf_token", "once", "draft_of", "key"]);

function typed(form) {
  return [...new FormData(form)].filter(([name, value]) => !OURS.has(name) && typeof value === "string");
}

async function keep(form, address, leaving = false) {
  try {
    const answer = await fetch(address, {
      method: "POST",
      keepalive: leaving,
      headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.namedItem("csrf_token").value },
      body: JSON.stringify({ values: typed(form) }),
    });
    form.dataset.draftKept = answer.ok ? "yes" : "no";
  } catch {
    form.dataset.draftKept = "no";
  }
}

function startKeeping(mark) {
  const form = mark.form;
  let waiting = null;
  const stop = () => {
    clearTimeout(waiting);
    waiting = null;
  };
  const noted = () => {
    form.dataset.draftKept = "";
    stop();
    waiting = setTimeout(() => {
      waiting = null;
      keep(form, mark.dataset.draft);
    }, AFTER);
  };
  form.addEventListener("input", noted);
  // A field may belong to the form and stand elsewhere on the page: what is typed there does not bubble up to the form.
  [...form.elements].filter((one) => !form.contains(one)).forEach((one) => one.addEventListener("input", noted));
  // What is saved must not be kept as unsaved a moment later.
  form.addEventListener("submit", stop);
  // A link pressed right after typing: the request outlives the page.
  addEventListener("pagehide", () => {
    if (waiting === null) return;
    stop();
    keep(form, mark.dataset.draft, true);
  });
}

function put(form, values) {
  const texts = new Map();
  values.forEach(([name, text]) => texts.set(name, [...(texts.get(name) ?? []), text]));
  for (const field of form.elements) {
    if (!field.name || OURS.has(field.name) || field.type === "file" || field.type === "submit") continue;
    const mine = texts.get(field.name) ?? [];
    if (field.type === "checkbox" || field.type === "radio") field.checked = mine.includes(field.value);
    else if (field.name === "has") continue;
    else if (mine.length) {
      field.value = mine[0];
      const shut = field.type !== "hidden" && mine[0].trim() ? field.closest("details") : null;
      if (shut) shut.open = true;
    }
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

async function takeUp(offer) {
  const mark = document.querySelector(`[name="draft_of"][value="${CSS.escape(offer.dataset.draftOffer)}"]`);
  const answer = mark ? await fetch(mark.dataset.draft) : null;
  if (!answer || !answer.ok) return;
  put(mark.form, (await answer.json()).values);
  offer.remove();
  say("The unsaved text is in the form again. It is not saved yet.");
  mark.form.querySelector("textarea, input:not([type=hidden])")?.focus();
}

export function startDrafts() {
  document.querySelectorAll("[data-draft]").forEach(startKeeping);
  document.querySelectorAll("[data-draft-offer]").forEach((offer) => {
    offer.querySelector("[data-draft-take]").addEventListener("click", () => takeUp(offer));
  });
}
