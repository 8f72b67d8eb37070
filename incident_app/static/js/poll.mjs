// Progress that refreshes by itself without moving the page. Generic: the page says where, the answer says what.
//   <section data-poll="/…/progress.json" data-poll-every="2000" data-poll-reload>
//     <b data-bind="accepted">         its text becomes the answer's value; digits are grouped
//     <rect data-bind-width="percent"> its attribute becomes "62%"; data-bind-x likewise
//     <svg data-bind-label="words">    its aria-label becomes the answer's words
//     <p data-show="held">             shown only while the answer's value is true; data-hide: only while it is not
//   </section>
//   <section data-follow="/…?part=live" data-follow-every="10000">  parts whose rows come and go: of the server's HTML each
//     <div data-part="groups">         takes the place of the one of its name, unless somebody is at work in that
//       <p data-kept hidden>           … which then says of when it is
//   </section>
// The answer is JSON; dots reach inside: data-bind="by_channel.email". `finished: true` ends the polling, and with
// data-poll-reload the page is loaded once more, so that the server's own words stand there; so does a `state` other than
// data-poll-state. Nobody loses by that what they are writing: it waits for them. `words` is told politely.
import { atWorkIn, atWorkOn } from "./atwork.mjs";
import { startForms } from "./forms.mjs";
import { say } from "./say.mjs";

const SLOWEST = 30000;
const WAIT = 1000;
const newest = new Map(); // the figures that stand in each part of the page

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
  each(root, "data-hide", (part) => { part.hidden = Boolean(value(answer, part.dataset.hide)); });
}

async function figures(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  return { status: answer.status, elsewhere: answer.redirected, body: answer.ok ? await answer.json() : null };
}

// A document may come from the server only: made of a text here it would be refused (require-trusted-types-for).
function part(address) {
  return new Promise((done, failed) => {
    const asked = new XMLHttpRequest();
    asked.open("GET", address);
    asked.responseType = "document";
    asked.onload = () => done({
      status: asked.status, elsewhere: asked.responseURL !== new URL(address, location.href).href, body: asked.status === 200 ? asked.response : null,
    });
    asked.onerror = () => failed(new Error("no answer"));
    asked.send();
  });
}

// Asks again and again, slower where it fails, and not while nobody looks. `take` tells whether that was the last time.
function repeat(load, address, every, take) {
  let pause = every;
  const later = () => setTimeout(ask, pause);
  async function ask() {
    if (document.hidden) {
      document.addEventListener("visibilitychange", ask, { once: true });
      return;
    }
    try {
      const answer = await load(address);
      if (answer.status === 401 || answer.status === 403 || answer.elsewhere) return;
      if (!answer.body) throw new Error(String(answer.status));
      if (take(answer.body)) return;
      pause = every;
    } catch {
      pause = Math.min(pause * 2, SLOWEST);
    }
    later();
  }
  later();
}

function keep(part) {
  part.querySelectorAll("[data-kept]").forEach((words) => { words.hidden = false; });
}

function reload() {
  if (!atWorkOn(document.querySelector("main") ?? document.body)) {
    location.reload();
    return;
  }
  keep(document);
  setTimeout(reload, WAIT);
}

function poll(root) {
  const { pollState } = root.dataset;
  repeat(figures, root.dataset.poll, Number(root.dataset.pollEvery) || 2000, (progress) => {
    newest.set(root, progress);
    fill(root, progress);
    if (progress.words) say(progress.words);
    const over = progress.finished || (pollState && progress.state !== pollState);
    if (over && "pollReload" in root.dataset) reload();
    return over;
  });
}

function take(part, fresh) {
  if (!fresh || atWorkIn(part)) {
    keep(part);
    return;
  }
  part.replaceWith(fresh);
  startForms(fresh);
}

function follow(root) {
  repeat(part, root.dataset.follow, Number(root.dataset.followEvery) || 5000, (page) => {
    root.querySelectorAll("[data-part]").forEach((one) => take(one, page.querySelector(`[data-part="${one.dataset.part}"]`)));
    newest.forEach((answer, place) => fill(place, answer)); // a part may have been read before the figures beside it
    return false;
  });
}

export function startPolling() {
  document.querySelectorAll("[data-poll]").forEach(poll);
  document.querySelectorAll("[data-follow]").forEach(follow);
}
