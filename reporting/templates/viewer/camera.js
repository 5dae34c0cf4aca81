// Where one looks from: parallel rays, so that the scale bar holds everywhere on the screen.
(function (V) {
  "use strict";

  const RAD = Math.PI / 180;
  V.HOME = { heading: 330, tilt: 32 };
  V.VIEWS = { 1: { heading: 0, tilt: 90 }, 2: { heading: 0, tilt: 0 }, 3: { heading: 270, tilt: 0 } };
  V.SECTION = "4";

  // The view of a key or button; the section is faced along its normal, its azimuth to the right.
  V.viewOf = function (key, state) {
    return key === V.SECTION ? { heading: (state.section.azimuth + 270) % 360, tilt: 0 } : V.VIEWS[key];
  };

  // Right, up and forward in metres east, north, up; heading: the azimuth that one looks along.
  V.axes = function (camera) {
    const h = camera.heading * RAD, t = camera.tilt * RAD;
    const right = [Math.cos(h), -Math.sin(h), 0];
    const forward = [Math.sin(h) * Math.cos(t), Math.cos(h) * Math.cos(t), -Math.sin(t)];
    const up = [Math.sin(h) * Math.sin(t), Math.cos(h) * Math.sin(t), Math.cos(t)];
    return { right: right, up: up, forward: forward };
  };

  V.dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

  // Size of the box of cells, metres, heights exaggerated.
  V.extent = function (scene, camera) {
    const { shape, cell_m: cell } = scene.head;
    return [shape[0] * cell[0], shape[1] * cell[1], shape[2] * cell[2] * camera.exaggeration];
  };

  // The whole box beside what covers so many pixels at the left.
  V.seeAll = function (scene, camera, width, height, left) {
    camera.target = [0, 0, 0];
    camera.scale = V.fit(scene, camera, width - left, height);
    V.pan(camera, left / 2, 0);
  };

  // Metres of one screen pixel so that the whole box is seen.
  V.fit = function (scene, camera, width, height) {
    const size = V.extent(scene, camera), { right, up } = V.axes(camera);
    const across = size.reduce((sum, one, axis) => sum + one * Math.abs(right[axis]), 0);
    const high = size.reduce((sum, one, axis) => sum + one * Math.abs(up[axis]), 0);
    return Math.max(across / Math.max(width - 120, 60), high / Math.max(height - 90, 60));
  };

  // Pixels from the middle of the screen (right, down) of a point, metres from the box's corner.
  V.project = function (scene, camera, point) {
    const size = V.extent(scene, camera), { right, up } = V.axes(camera);
    const away = [
      point[0] - size[0] / 2 - camera.target[0],
      point[1] - size[1] / 2 - camera.target[1],
      point[2] * camera.exaggeration - size[2] / 2 - camera.target[2],
    ];
    return [V.dot(away, right) / camera.scale, -V.dot(away, up) / camera.scale];
  };

  // Column-major matrix from cells to the screen, depth by the box's own size.
  V.matrix = function (scene, camera, width, height) {
    const size = V.extent(scene, camera), cell = scene.head.cell_m, axes = V.axes(camera);
    const unit = [cell[0], cell[1], cell[2] * camera.exaggeration];
    const far = Math.hypot(size[0], size[1], size[2]) + Math.hypot(...camera.target) + 1;
    const rows = [[axes.right, 2 / (width * camera.scale)], [axes.up, 2 / (height * camera.scale)], [axes.forward, 1 / far]];
    const found = new Float32Array(16);
    found[15] = 1;
    rows.forEach(([axis, by], row) => {
      for (let column = 0; column < 3; column += 1) {
        found[4 * column + row] = axis[column] * unit[column] * by;
        found[12 + row] -= axis[column] * (size[column] / 2 + camera.target[column]) * by;
      }
    });
    return found;
  };

  V.turn = function (camera, right, down) {
    camera.heading = (camera.heading + right + 360) % 360;
    camera.tilt = Math.max(-90, Math.min(90, camera.tilt + down));
  };

  // Moves what is seen by pixels.
  V.pan = function (camera, right, down) {
    const axes = V.axes(camera);
    for (let axis = 0; axis < 3; axis += 1) {
      camera.target[axis] += (-right * axes.right[axis] + down * axes.up[axis]) * camera.scale;
    }
  };

  // Larger by a factor; the point under (x, y), pixels from the middle, stays.
  V.zoom = function (camera, factor, x, y) {
    V.pan(camera, -x, -y);
    camera.scale = Math.max(0.05, Math.min(500, camera.scale / factor));
    V.pan(camera, x, y);
  };
})(window.bornite3d);
