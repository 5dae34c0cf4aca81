// What lies under a point of the screen: the first shown cell that a ray meets.
(function (V) {
  "use strict";

  // Origin and direction of the ray in cells; (x, y) in pixels from the middle, y down.
  V.ray = function (scene, camera, x, y) {
    const size = V.extent(scene, camera), cell = scene.head.cell_m, axes = V.axes(camera);
    const unit = [cell[0], cell[1], cell[2] * camera.exaggeration];
    const far = Math.hypot(size[0], size[1], size[2]) + Math.hypot(...camera.target);
    const from = [0, 0, 0], along = [0, 0, 0];
    for (let axis = 0; axis < 3; axis += 1) {
      const metres = size[axis] / 2 + camera.target[axis] - far * axes.forward[axis]
        + (x * axes.right[axis] - y * axes.up[axis]) * camera.scale;
      from[axis] = metres / unit[axis];
      along[axis] = axes.forward[axis] / unit[axis];
    }
    return { from: from, along: along };
  };

  // {n, point}: number of the cell and where it is met, in cells; null where nothing is.
  V.pick = function (scene, shown, camera, x, y) {
    const { from, along } = V.ray(scene, camera, x, y), shape = scene.head.shape;
    let enter = 0, leave = Infinity;
    for (let axis = 0; axis < 3; axis += 1) {
      if (Math.abs(along[axis]) < 1e-12) {
        if (from[axis] < 0 || from[axis] > shape[axis]) { return null; }
        continue;
      }
      const one = -from[axis] / along[axis], two = (shape[axis] - from[axis]) / along[axis];
      enter = Math.max(enter, Math.min(one, two));
      leave = Math.min(leave, Math.max(one, two));
    }
    return enter < leave ? walk(scene, shown, from, along, enter, leave) : null;
  };

  // Cell after cell along the ray (Amanatides and Woo 1987).
  function walk(scene, shown, from, along, enter, leave) {
    const [nx, ny] = scene.head.shape, shape = scene.head.shape;
    const at = [0, 0, 0], step = [0, 0, 0], next = [0, 0, 0], each = [0, 0, 0];
    for (let axis = 0; axis < 3; axis += 1) {
      const here = from[axis] + along[axis] * enter;
      at[axis] = Math.max(0, Math.min(shape[axis] - 1, Math.floor(here + 1e-9 * Math.sign(along[axis]))));
      step[axis] = along[axis] > 0 ? 1 : -1;
      each[axis] = Math.abs(along[axis]) < 1e-12 ? Infinity : Math.abs(1 / along[axis]);
      const edge = at[axis] + (along[axis] > 0 ? 1 : 0);
      next[axis] = Number.isFinite(each[axis]) ? (edge - from[axis]) / along[axis] : Infinity;
    }
    let now = enter;
    while (now <= leave) {
      const n = scene.look[(at[2] * ny + at[1]) * nx + at[0]];
      if (n >= 0 && shown[n]) {
        return { n: n, point: [0, 1, 2].map((axis) => from[axis] + along[axis] * now) };
      }
      const axis = next[0] <= next[1] && next[0] <= next[2] ? 0 : next[1] <= next[2] ? 1 : 2;
      now = next[axis];
      at[axis] += step[axis];
      next[axis] += each[axis];
      if (at[axis] < 0 || at[axis] >= shape[axis]) { return null; }
    }
    return null;
  }

  // Real-world easting, northing and elevation of a point in cells.
  V.world = function (scene, point) {
    const { origin_m: origin, cell_m: cell, low } = scene.head;
    return [0, 1, 2].map((axis) => origin[axis] + (low[axis] + point[axis]) * cell[axis]);
  };

  // Middle of a cell, in cells.
  V.middle = (scene, n) => [scene.i[n] + 0.5, scene.j[n] + 0.5, scene.k[n] + 0.5];

  // The other way: cells of a real-world point.
  V.cellsOf = function (scene, world) {
    const { origin_m: origin, cell_m: cell, low } = scene.head;
    return [0, 1, 2].map((axis) => (world[axis] - origin[axis]) / cell[axis] - low[axis]);
  };
})(window.bornite3d);
