// What is shown and how, and its way into the address and out of it.
(function (V) {
  "use strict";

  V.firstState = function (scene, words) {
    const [nx, ny, nz] = scene.head.shape;
    return {
      layer: words.layers[0].key,
      cut: words.cutoff,
      classes: [true, true, true],
      crop: [0, nx - 1, 0, ny - 1, 0, nz - 1],
      section: { on: false, azimuth: 0, off: 0, half: Math.max(...scene.head.cell_m.slice(0, 2)) },
      holes: true, names: true, ground: false,
      picked: -1, cursor: null,
    };
  };

  V.firstCamera = function () {
    return { heading: V.HOME.heading, tilt: V.HOME.tilt, scale: 0, target: [0, 0, 0], exaggeration: 1 };
  };

  const short = (value) => String(Number(value.toFixed(3)));

  V.toFragment = function (state, camera) {
    const pairs = [
      ["view", [camera.heading, camera.tilt, camera.scale, ...camera.target].map(short).join("_")],
      ["rl", short(camera.exaggeration)], ["by", state.layer], ["cut", short(state.cut)],
      ["class", state.classes.map(Number).join("")], ["crop", state.crop.join("_")],
      ["show", [state.holes, state.names, state.ground].map(Number).join("")],
    ];
    const { on, azimuth, off, half } = state.section;
    if (on) { pairs.push(["section", [azimuth, off, half].map(short).join("_")]); }
    if (state.picked >= 0) { pairs.push(["pick", String(state.picked)]); }
    return "#" + pairs.map((pair) => pair.join("=")).join("&");
  };

  // Takes over what an address says; what makes no sense is passed over.
  V.fromFragment = function (text, scene, words, state, camera) {
    const found = new Map(text.replace(/^#/, "").split("&").map((pair) => pair.split("=")));
    if (!found.has("view")) { return false; }
    const numbers = (name, count) => {
      const text = found.get(name), list = text ? text.split("_").map(Number) : [];
      return list.length === count && list.every(Number.isFinite) ? list : null;
    };
    const flags = (name) => /^[01]{3}$/.test(found.get(name) || "") ? Array.from(found.get(name), (one) => one === "1") : null;
    const view = numbers("view", 6), crop = numbers("crop", 6), section = numbers("section", 3);
    if (view && view[2] > 0) {
      [camera.heading, camera.tilt, camera.scale] = [(view[0] % 360 + 360) % 360, Math.max(-90, Math.min(90, view[1])), view[2]];
      camera.target = view.slice(3);
    }
    const upright = numbers("rl", 1), cut = numbers("cut", 1), picked = numbers("pick", 1);
    if (upright && upright[0] >= 1 && upright[0] <= 3) { camera.exaggeration = upright[0]; }
    if (cut && cut[0] >= 0) { state.cut = cut[0]; }
    if (words.layers.some((layer) => layer.key === found.get("by"))) { state.layer = found.get("by"); }
    state.classes = flags("class") || state.classes;
    [state.holes, state.names, state.ground] = flags("show") || [state.holes, state.names, state.ground];
    if (crop) {
      state.crop = crop.map((one, n) => Math.max(0, Math.min(scene.head.shape[n >> 1] - 1, Math.round(one))));
    }
    state.section.on = section !== null;
    if (section) { [state.section.azimuth, state.section.off, state.section.half] = section; }
    state.picked = picked && picked[0] >= 0 && picked[0] < scene.count ? Math.round(picked[0]) : -1;
    return true;
  };
})(window.bornite3d);
