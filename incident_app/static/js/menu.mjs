// The menu closes by Escape, by a press elsewhere, and when the focus leaves it.
export function startMenu() {
  const menus = document.querySelectorAll("details.menu");
  const close = (menu) => { menu.open = false; };
  document.addEventListener("click", (event) => {
    menus.forEach((menu) => { if (menu.open && !menu.contains(event.target)) close(menu); });
  });
  document.addEventListener("focusin", (event) => {
    menus.forEach((menu) => { if (menu.open && !menu.contains(event.target)) close(menu); });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menus.forEach((menu) => {
      if (!menu.open) return;
      close(menu);
      menu.querySelector("summary").focus();
    });
  });
  // A row of tabs that is wider than the screen shows the one that is open; the page itself stays where it is.
  const tab = document.querySelector(".nav-tabs .active");
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
}
