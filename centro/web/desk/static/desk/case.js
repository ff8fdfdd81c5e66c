// Comforts of the page of a case. Without them each link opens its form as a page.

// A choice in the menu opens its form below: the menu has done its work.
document.addEventListener("click", (event) => {
  const menu = event.target.closest?.(".case__actions details[data-menu] a, .case__actions details[data-menu] button")?.closest("details");
  if (menu) menu.open = false;
  if (!event.target.closest?.("[data-drop]")) return;
  const place = document.getElementById("accion");
  if (!place) return;
  event.preventDefault();
  place.replaceChildren();
  document.querySelector(".case__actions a, .case__actions button")?.focus();
});
