// Remembers the chosen language; the switch itself needs no script.
(function () {
  "use strict";
  var zh = document.getElementById("lang-zh"), en = document.getElementById("lang-en");
  function tell() { document.documentElement.lang = en.checked ? "en-GB" : "zh-CN"; }
  try { if (localStorage.getItem("bornite-language") === "en") { en.checked = true; } } catch (e) { /* a browser may forbid storage on file: pages */ }
  [zh, en].forEach(function (box) {
    box.addEventListener("change", function () {
      tell();
      try { localStorage.setItem("bornite-language", en.checked ? "en" : "zh"); } catch (e) { /* the page still switches */ }
    });
  });
  tell();
})();
