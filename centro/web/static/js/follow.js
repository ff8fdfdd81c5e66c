// A receipt's QR brings the code after "#", which never travels to a server.
const form = document.querySelector("[data-code-from-address]");
const code = decodeURIComponent(location.hash.slice(1));
if (form && /^[0-9A-Z-]{8,9}$/i.test(code)) {
  form.elements.code.value = code;
  history.replaceState(null, "", location.pathname + location.search);
  form.querySelector("button").focus();
}
