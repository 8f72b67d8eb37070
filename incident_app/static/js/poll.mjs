// Progress that refreshes by itself without moving the page. Generic: the page says where, the answer says what.
//   <section data-poll="/…/progress.json" data-poll-every="2000" data-poll-reload>
//     <b data-bind="accepted">         its text becomes the answer's value; digits are grouped
//     <rect data-bind-width="percent"> its attribute becomes "62%"; data-bind-x likewise
//     <svg data-bind-label="words">    its aria-label becomes the answer's words
//     <p data-show="held">             shown only while the answer's value is true
//   </section>
// The answer is JSON; dots reach inside: data-bind="by_channel.email". `finished: true` ends the polling, and with
// data-poll-reload the page is loaded once more, so that the server's own words stand there. `words` is told politely.
import { say } from "./say.mjs";

const SLOWEST = 30000;

function value(answer, path) {
  return path.split(".").reduce((inner, name) => (inner == null ? undefined : inner[name]), answer);
}

function written(found) {
  return typeof found === "number" ? found.toLocaleString("en").replaceAll(",", "\u202f") : String(found);
}

function each(root, name, act) {
  for (const part of [root, ...root.querySelectorAll(`[${name}]`)]) if (part.hasAttribute(name)) act(part);
}

export function fill(root, answer) {
  each(root, "data-bind", (part) => {
    const found = value(answer, part.dataset.bind);
    if (found != null && part.textContent !== written(found)) part.textContent = written(found);
  });
  for (const [name, attribute] of [["data-bind-width", "width"], ["data-bind-x", "x"]]) {
    each(root, name, (part) => {
      const found = value(answer, part.getAttribute(name));
      if (found != null) part.setAttribute(attribute, `${Number(found).toFixed(2)}%`);
    });
  }
  each(root, "data-bind-label", (part) => {
    const found = value(answer, part.dataset.bindLabel);
    if (found != null) part.setAttribute("aria-label", found);
  });
  each(root, "data-show", (part) => { part.hidden = !value(answer, part.dataset.show); });
}

function poll(root) {
  const every = Number(root.dataset.pollEvery) || 2000;
  let pause = every;
  const later = () => setTimeout(ask, pause);
  async function ask() {
    if (document.hidden) {
      document.addEventListener("visibilitychange", ask, { once: true });
      return;
    }
    try {
      const answer = await fetch(root.dataset.poll, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (answer.status === 401 || answer.status === 403 || answer.redirected) return;
      if (!answer.ok) throw new Error(String(answer.status));
      const progress = await answer.json();
      fill(root, progress);
      if (progress.words) say(progress.words);
      pause = every;
      if (progress.finished) {
        if ("pollReload" in root.dataset) location.reload();
        return;
      }
    } catch {
      pause = Math.min(pause * 2, SLOWEST);
    }
    later();
  }
  later();
}

export function startPolling() {
  document.querySelectorAll("[data-poll]").forEach(poll);
}
