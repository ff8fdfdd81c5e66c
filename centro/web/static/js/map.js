// The map on which a place is pointed at. Land and borders come from our own boundary files, so it
// needs no tile server; a site may add tiles. Without scripts the selects and the text remain.
//   <div class="map" data-map data-limits="/…/" data-around="/…/" data-lat-input="id_lat" data-lon-input="id_lon">
// data-fixed shows a pin that cannot be moved; data-points="8.98,-79.5;8.99,-79.6" many small ones.

/* global L */

function start(box) {
  const { limits, around, tiles, credit, latInput, lonInput } = box.dataset;
  const lat = document.getElementById(latInput);
  const lon = document.getElementById(lonInput);
  const fixed = box.hasAttribute("data-fixed");
  const said = document.querySelector(box.dataset.say || "[data-map-place]");
  const map = L.map(box, { zoomSnap: 0.5, minZoom: 6, maxZoom: 19, scrollWheelZoom: !fixed, attributionControl: Boolean(credit), preferCanvas: true });
  map.attributionControl?.setPrefix(false);
  map.setView([0, 0], 6);
  if (tiles) L.tileLayer(tiles, { attribution: credit, maxZoom: 19 }).addTo(map);

  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const look = (weight) => ({ color: colour("--map-line"), weight, fillColor: colour("--map-land"), fillOpacity: tiles ? 0 : 1, interactive: false });
  const layers = new Map();
  let pin = null;
  let moved = false;
  const names = L.layerGroup().addTo(map);
  const marks = L.layerGroup().addTo(map);

  // `key` is what the limits are asked for: "" for provinces, a level, or the code of a place.
  async function layer(key, level, weight) {
    if (layers.has(key)) return;
    layers.set(key, null);
    try {
      const answer = await fetch(key ? `${limits}${key}/` : limits);
      if (!answer.ok) throw new Error(String(answer.status));
      const drawn = L.geoJSON(await answer.json(), { style: look(weight) });
      drawn.level = level;
      layers.set(key, drawn);
      drawn.addTo(map);
      if (level === 0 && !pin && !moved) map.fitBounds(drawn.getBounds(), { animate: false });
      title();
    } catch {
      layers.delete(key);
    }
  }

  // Names of what is drawn: provinces from afar, districts nearer, corregimientos from close by.
  function title() {
    names.clearLayers();
    const zoom = map.getZoom();
    const wanted = zoom < 8.5 ? 0 : zoom < 11 ? 1 : 2;
    const view = map.getBounds();
    for (const drawn of layers.values()) {
      if (drawn?.level === wanted) drawn.eachLayer((shape) => {
        const { name, lat: y, lon: x } = shape.feature.properties;
        if (y === null || !view.contains([y, x])) return;
        const icon = L.divIcon({ className: "map-name", html: "", iconSize: [120, 16] });
        const label = L.marker([y, x], { icon, interactive: false, keyboard: false });
        label.on("add", () => { label.getElement().textContent = name; });
        label.addTo(names);
      });
    }
  }

  async function detail() {
    title();
    if (map.getZoom() >= 8.5) await layer("district", 1, 1);
    if (map.getZoom() >= 11) {
      const centre = map.getCenter();
      const near = nearestDistricts(centre);
      await Promise.all(near.map((code) => layer(code, 2, 1)));
    }
  }

  function nearestDistricts(centre) {
    const found = [];
    layers.get("district")?.eachLayer((shape) => {
      if (shape.getBounds().pad(0.02).contains(centre)) found.push(shape.feature.properties.code);
    });
    return found;
  }

  const picture = L.divIcon({
    className: "map-pin",
    html: '<svg viewBox="0 0 24 24" aria-hidden="true"><path fill="currentColor" stroke="#fff" stroke-width="1.2" d="M12 22.5s7.5-6.6 7.5-12a7.5 7.5 0 1 0-15 0c0 5.400 7.5 12 7.5 12z"/><circle cx="12" cy="10" r="2.6" fill="#fff"/></svg>',
    iconSize: [40, 40],
    iconAnchor: [20, 38],
  });

  function put(point, zoom) {
    moved = true;
    if (pin) pin.setLatLng(point);
    else {
      pin = L.marker(point, { icon: picture, draggable: !fixed, autoPan: true, keyboard: false, alt: "" }).addTo(map);
      pin.on("dragend", () => tell(pin.getLatLng()));
    }
    if (zoom) map.setView(point, Math.max(map.getZoom(), zoom));
  }

  async function tell(point) {
    const at = point.wrap ? point.wrap() : L.latLng(point);
    if (lat) lat.value = at.lat.toFixed(6);
    if (lon) lon.value = at.lng.toFixed(6);
    if (!around) return;
    try {
      const answer = await fetch(`${around}?lat=${at.lat.toFixed(6)}&lon=${at.lng.toFixed(6)}`);
      const found = await answer.json();
      if (said) said.textContent = found.text;
      marks.clearLayers();
      for (const mark of found.landmarks || []) {
        L.marker([mark.lat, mark.lon], { icon: L.divIcon({ className: "map-landmark", iconSize: [10, 10] }), keyboard: false, title: mark.name }).bindTooltip(mark.name).addTo(marks);
      }
      box.dispatchEvent(new CustomEvent("map:place", { bubbles: true, detail: found }));
    } catch {
      // The point itself is enough; the server finds the corregimiento.
    }
  }

  layer("", 0, 1.5);
  map.on("zoomend moveend", detail);
  if (!fixed) map.on("click", (event) => { put(event.latlng); tell(event.latlng); });
  // By keyboard: move the map with the arrows, then Enter puts the pin in its middle.
  if (!fixed) box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === box) {
      event.preventDefault();
      put(map.getCenter());
      tell(map.getCenter());
    }
  });
  const here = box.dataset.lat ? [Number(box.dataset.lat), Number(box.dataset.lon)] : lat?.value && lon?.value ? [Number(lat.value), Number(lon.value)] : null;
  if (here) put(here, 15);

  const points = (box.dataset.points || "").split(";").filter(Boolean).map((pair) => pair.split(",").map(Number));
  if (points.length) {
    moved = true;
    points.forEach((point) => L.marker(point, { icon: L.divIcon({ className: "map-landmark", iconSize: [10, 10] }), interactive: false, keyboard: false }).addTo(map));
    map.fitBounds(points, { maxZoom: 15, padding: [24, 24], animate: false });
  }

  const button = document.querySelector("[data-map-locate]");
  if (button && navigator.geolocation && !fixed) {
    button.hidden = false;
    button.addEventListener("click", () => {
      button.dataset.busy = "";
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          delete button.dataset.busy;
          const point = L.latLng(coords.latitude, coords.longitude);
          put(point, 16);
          tell(point);
        },
        () => {
          delete button.dataset.busy;
          if (said) said.textContent = button.dataset.refused;
        },
        { enableHighAccuracy: true, timeout: 12000, maximumAge: 60000 },
      );
    });
  }
  // A place chosen by typing moves the map there.
  document.addEventListener("combo:pick", ({ detail: item }) => {
    if (item.lat == null) return;
    const point = L.latLng(item.lat, item.lon);
    if (item.pin) { put(point, 16); tell(point); } else { moved = true; map.setView(point, item.zoom || 14); }
  });
  // Somebody chose in the lists instead.
  document.addEventListener("map:clear", () => {
    pin?.remove();
    pin = null;
    marks.clearLayers();
    if (said) said.textContent = "";
  });
}

// Leaflet is loaded only when the map is about to be seen: nothing waits for it.
function load() {
  return window.L ? Promise.resolve() : new Promise((done, failed) => {
    const first = document.querySelector("[data-map]");
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: first.dataset.leafletCss });
    const script = Object.assign(document.createElement("script"), { src: first.dataset.leaflet, onload: done, onerror: failed });
    document.head.append(sheet, script);
  });
}
function whenSeen(box) {
  if (box.dataset.ready) return;
  box.dataset.ready = "yes";
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    load().then(() => start(box), () => { box.hidden = true; });
  }, { rootMargin: "200px" });
  watch.observe(box);
}

const all = (root) => root.querySelectorAll("[data-map]").forEach(whenSeen);
all(document);
document.addEventListener("htmx:load", (event) => all(event.detail.elt));
