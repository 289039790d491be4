// theme.js sets the colours before the page is painted: those that were chosen on
// this device, or else those of the system. It is a classic script, as modules run
// only after the page has been read, and the wrong colours would flash.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // Storage may be forbidden. Then the choice lasts until the page is closed.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
