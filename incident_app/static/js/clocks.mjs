// Clocks are right when the page comes; we let them tick, by the server's clock, and tell a change of state once.
import { say } from "./say.mjs";

const MINUTE = 60000;
const DAY = 24 * 60;
const WORDS = { running: "Running", soon: "Due soon", critical: "Critical", overdue: "Overdue" };
const ICONS = { running: "clock", soon: "hourglass-split", critical: "bell-fill", overdue: "exclamation-lg" };

export function figures(minutes) {
  const days = Math.floor(minutes / DAY);
  if (days >= 4) return [[days, "d"], [Math.floor((minutes % DAY) / 60), "h"]];
  return [[Math.floor(minutes / 60), "h"], [minutes % 60, "min"]];
}

export function inWords(minutes) {
  return figures(minutes).filter(([number], place) => place || number).map((pair) => pair.join(" ")).join(" ");
}

// The rule is domain/deadlines.py: bands follow the term. The server's moments win where they are given.
export function bandsOf(since, due, soon, critical) {
  const term = due - since;
  const last = Math.max(Math.min(6 * 60 * MINUTE, term / 4), term / 10);
  return { soon: soon || due - term / 3, critical: critical || due - last };
}

export function stateAt(now, due, bands) {
  if (now > due) return "overdue";
  if (now >= bands.critical) return "critical";
  return now >= bands.soon ? "soon" : "running";
}

function when(text) {
  return text ? Date.parse(text) : 0;
}

function write(line, apart, words) {
  const word = line.querySelector(".word");
  const parts = [];
  for (const [number, unit] of figures(Math.floor(apart / MINUTE))) {
    const small = document.createElement("span");
    small.className = "u";
    small.textContent = unit;
    parts.push(String(number), small);
  }
  if (words) word.textContent = words;
  line.replaceChildren(...parts, word);
}

function turn(tile, state) {
  if (tile.dataset.clock === state) return;
  tile.classList.replace(`is-${tile.dataset.clock}`, `is-${state}`);
  tile.dataset.clock = state;
  const chip = tile.querySelector(".chip");
  if (chip) {
    const icon = document.createElement("i");
    icon.className = `bi bi-${ICONS[state]}`;
    icon.setAttribute("aria-hidden", "true");
    chip.className = `chip chip-${state}`;
    chip.replaceChildren(icon, WORDS[state]);
  }
  say(`${tile.dataset.name}: ${WORDS[state].toLowerCase()}`);
}

function move(tile, share) {
  const at = `${(100 * Math.min(Math.max(share, 0), 1)).toFixed(1)}%`;
  tile.querySelector("[data-fill]")?.setAttribute("width", at);
  for (const part of tile.querySelectorAll("[data-needle]")) {
    for (const name of ["x1", "x2", "cx"]) if (part.hasAttribute(name)) part.setAttribute(name, at);
  }
}

function tick(tile, now) {
  const line = tile.querySelector("[data-figures]");
  const due = when(tile.dataset.due);
  const since = when(tile.dataset.since);
  if (!line || !(due || (since && tile.dataset.clock === "open"))) return;
  write(line, Math.abs(now - (due || since)), due ? (now > due ? "overdue" : "left") : "");
  if (!due || !since) return;
  turn(tile, stateAt(now, due, bandsOf(since, due, when(tile.dataset.soon), when(tile.dataset.critical))));
  move(tile, (now - since) / (due - since));
}

function tickRow(cell, now) {
  const due = when(cell.dataset.dueText);
  const since = when(cell.dataset.sinceText);
  const words = inWords(Math.floor(Math.abs(now - (due || since)) / MINUTE)) || "0 min";
  cell.textContent = due ? (now > due ? `${words} overdue` : `${words} left`) : `${words} since`;
}

function tickNow(stamp, now) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: stamp.dataset.zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
  }).formatToParts(now);
  const get = (type) => parts.find((part) => part.type === type)?.value;
  const zone = stamp.textContent.trim().split(" ").pop();
  stamp.dateTime = new Date(now).toISOString();
  stamp.textContent = `${get("weekday")} ${get("day")} ${get("month").slice(0, 3)} ${get("hour")}:${get("minute")} ${zone}`;
}

export function startClocks() {
  const stamp = document.querySelector("time.now");
  const skew = stamp ? Date.parse(stamp.dateTime) - Date.now() : 0;
  const tiles = document.querySelectorAll("[data-clock]");
  const cells = document.querySelectorAll("[data-due-text], [data-since-text]");
  if (!stamp && !tiles.length && !cells.length) return;
  const all = () => {
    const now = Date.now() + skew;
    if (stamp?.dataset.zone) tickNow(stamp, now);
    tiles.forEach((tile) => tick(tile, now));
    cells.forEach((cell) => tickRow(cell, now));
  };
  setInterval(all, 15000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) all(); });
}
