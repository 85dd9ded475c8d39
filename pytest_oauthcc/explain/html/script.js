"use strict";
(function () {
  var root = document.documentElement;
  var tests = Array.prototype.slice.call(document.querySelectorAll(".test"));
  var controls = document.querySelector(".controls");
  var buttons = Array.prototype.slice.call(document.querySelectorAll(".filter button"));
  var search = document.querySelector(".controls input");
  var shown = document.querySelector(".shown");
  var openAll = document.querySelector(".open-all");
  var theme = document.querySelector(".theme");

  // Without this script every test is there to be read; what it controls appears with it.
  controls.hidden = tests.length === 0;
  theme.hidden = false;

  function visible() {
    return tests.filter(function (test) { return !test.hidden; });
  }

  function update() {
    var pressed = buttons
      .filter(function (button) { return button.getAttribute("aria-pressed") === "true"; })
      .map(function (button) { return button.dataset.outcome; });
    var wanted = search.value.trim().toLowerCase();
    tests.forEach(function (test) {
      test.hidden = pressed.indexOf(test.dataset.outcome) < 0 || test.dataset.name.indexOf(wanted) < 0;
    });
    var number = visible().length;
    shown.textContent = number === tests.length ? "" : number + " of " + tests.length + " tests shown";
    label();
  }

  function label() {
    var all = visible().every(function (test) { return test.open; });
    openAll.textContent = all ? "Close all" : "Open all";
  }

  buttons.forEach(function (button) {
    button.addEventListener("click", function () {
      var all = buttons.every(function (other) { return other.getAttribute("aria-pressed") === "true"; });
      if (all) {
        // The first choice means "only these"; after that each button adds or takes away its own.
        buttons.forEach(function (other) { other.setAttribute("aria-pressed", String(other === button)); });
      } else {
        button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
        if (!buttons.some(function (other) { return other.getAttribute("aria-pressed") === "true"; })) {
          buttons.forEach(function (other) { other.setAttribute("aria-pressed", "true"); });
        }
      }
      update();
    });
  });
  search.addEventListener("input", update);
  openAll.addEventListener("click", function () {
    var open = openAll.textContent === "Open all";
    visible().forEach(function (test) { test.open = open; });
    label();
  });
  tests.forEach(function (test) { test.addEventListener("toggle", label); });

  function follow() {
    var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target || target.tagName !== "DETAILS") { return; }
    if (target.hidden) {
      buttons.forEach(function (button) { button.setAttribute("aria-pressed", "true"); });
      search.value = "";
      update();
    }
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }
  window.addEventListener("hashchange", follow);

  var themes = ["auto", "light", "dark"];
  function setTheme(name) {
    if (name === "auto") { root.removeAttribute("data-theme"); } else { root.setAttribute("data-theme", name); }
    theme.textContent = "Theme: " + name;
    theme.dataset.theme = name;
  }
  theme.addEventListener("click", function () {
    var next = themes[(themes.indexOf(theme.dataset.theme) + 1) % themes.length];
    setTheme(next);
    try { localStorage.setItem("oauthcc-theme", next); } catch (error) { /* a file may have no storage */ }
  });
  var stored = "auto";
  try { stored = localStorage.getItem("oauthcc-theme") || "auto"; } catch (error) { /* the same */ }
  setTheme(themes.indexOf(stored) < 0 ? "auto" : stored);

  label();
  follow();
})();
