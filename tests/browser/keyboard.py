"""Hands on the keyboard only: where the focus is, and whether it can be seen there."""

from playwright.sync_api import Page

MOST = 80
FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return ["", "the focus is lost"];
  const label = at.labels && at.labels[0];
  const name = (label || at).textContent.trim().replace(/\\s+/g, " ") || at.getAttribute("aria-label") || "";
  const rings = [at, label].filter(Boolean).map((one) => getComputedStyle(one)).some((style) =>
    (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none");
  if (!rings) return [name, "nothing shows that it has the focus"];
  const seen = at.type === "radio" ? label : at;
  const box = seen.getBoundingClientRect();
  const over = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
  return [name, over && (seen.contains(over) || over.contains(seen)) ? "" : "it is out of sight or covered"];
}"""


class Keyboard:
    """Keys, and no mouse. Wherever the focus goes, it must be seen."""

    def __init__(self, page: Page) -> None:
        """Sit in front of ``page``."""
        self.page = page

    def press(self, key: str) -> str:
        """Press a key and return the name of what has the focus then."""
        self.page.keyboard.press(key)
        name, problem = self.page.evaluate(FOCUS)
        assert not problem, f"after {key}, at “{name}”: {problem}"
        return str(name)

    def go_to(self, name: str, key: str = "Tab") -> None:
        """Press ``key`` until the focus is there."""
        passed = []
        for _ in range(MOST):
            passed.append(self.press(key))
            if passed[-1] == name:
                return
        raise AssertionError(f"“{name}” was not reached by {key}: {passed}")

    def write(self, name: str, words: str) -> None:
        """Go to a field and type."""
        self.go_to(name)
        self.page.keyboard.type(words)

    def enter(self) -> None:
        """Press Enter where it leads to another page."""
        with self.page.expect_event("domcontentloaded"):
            self.page.keyboard.press("Enter")
