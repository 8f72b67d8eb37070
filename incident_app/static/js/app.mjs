// Clocks are right without us; we only let them tick. A state that changes is told once, not every second.
const DAY = 24 * 60;

function figures(minutes) {
  const days = Math.floor(minutes / DAY);
  if (days >= 4) return [[days, "d"], [Math.floor((minutes % DAY) / 60), "h"]];
  return [[Math.floor(minutes / 60), "h"], [minutes % 60, "min"]];
}

function tick(tile) {
  const due = tile.dataset.due && Date.parse(tile.dataset.due);
  const since = tile.dataset.since && Date.parse(tile.dataset.since);
  const word = tile.querySelector("[data-figures] .word");
  const line = tile.querySelector("[data-figures]");
  if (!line || !word || !(due || since)) return;
  const apart = Math.abs(Date.now() + skew - (due || since));
  const text = figures(Math.floor(apart / 60000));
  if (due) word.textContent = due < Date.now() + skew ? "overdue" : "left";
  const parts = [];
  for (const [number, unit] of text) {
    const small = document.createElement("span");
    small.className = "u";
    small.textContent = unit;
    parts.push(String(number), small);
  }
  line.replaceChildren(...parts, word);
}

// The server's clock counts, not this machine's.
const stamp = document.querySelector("time.now");
const skew = stamp ? Date.parse(stamp.dateTime) - Date.now() : 0;
const tiles = document.querySelectorAll("[data-clock]");
if (tiles.length) setInterval(() => tiles.forEach(tick), 15000);

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "n") document.querySelector(".btn-log")?.click();
  if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; });
});
