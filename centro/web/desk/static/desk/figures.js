// Full screen for a wall or a meeting. Without this script the button is not there.
(() => {
  const button = document.querySelector("[data-fullscreen]");
  const figures = document.querySelector(".figures");
  if (!button || !figures || !figures.requestFullscreen) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else figures.requestFullscreen();
  });
})();
