// Forms work without us. We hide what does not apply, repeat a moment in words, and stop a second press.
//   data-when="name=value value"   shown only while that field holds one of the values
//   data-moment                    a local date and time: its weekday is repeated below it
//   data-focus                     takes the focus when the page comes (the list of errors)
//   data-count-to="id"             a text field whose length is written there
const AGAIN = 8000;

function applies(rule, form) {
  const [name, values] = rule.split("=");
  const field = form.elements.namedItem(name);
  return !field || values.split(" ").includes(field.value);
}

function startWhen(form) {
  const parts = form.querySelectorAll("[data-when]");
  if (!parts.length) return;
  const show = () => parts.forEach((part) => {
    part.classList.toggle("is-hidden", !applies(part.dataset.when, form) && !part.querySelector(".is-wrong"));
  });
  form.addEventListener("change", show);
  show();
}

function startMoment(field) {
  const echo = document.createElement("span");
  echo.className = "echo";
  echo.setAttribute("aria-live", "polite");
  field.after(echo);
  const repeat = () => {
    const at = field.value ? new Date(`${field.value}Z`) : null;
    echo.textContent = at && !Number.isNaN(at.getTime())
      ? new Intl.DateTimeFormat("en-GB", {
        timeZone: "UTC", weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
      }).format(at)
      : "";
  };
  field.addEventListener("input", repeat);
  repeat();
}

function wake(button) {
  button.disabled = false;
}

function startOnce(form) {
  form.addEventListener("submit", () => {
    // A button may stand outside its form, in the bar at the foot of the page.
    const pressed = [...form.elements].filter((one) => one.localName === "button" && one.type === "submit" && !one.disabled);
    // The fields must go out first: a button that is disabled at once would not be sent along.
    setTimeout(() => pressed.forEach((button) => { button.disabled = true; }), 0);
    // An answer that is a file leaves the page standing.
    setTimeout(() => pressed.forEach(wake), AGAIN);
    addEventListener("pageshow", () => pressed.forEach(wake), { once: true });
  });
}

function startCount(field) {
  const place = document.getElementById(field.dataset.countTo);
  if (!place) return;
  const write = () => { place.textContent = [...field.value].length.toLocaleString("en").replaceAll(",", "\u202f"); };
  field.addEventListener("input", write);
  write();
}

export function startForms(root = document) {
  root.querySelectorAll("form").forEach(startWhen);
  root.querySelectorAll("form[method=post]").forEach(startOnce);
  root.querySelectorAll("[data-moment]").forEach(startMoment);
  root.querySelectorAll("[data-count-to]").forEach(startCount);
  root.querySelector("[data-focus]")?.focus();
}
