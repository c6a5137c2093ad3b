"use strict";

// What every page gets on top of plain HTML. Without this file all of it still works.
(function () {
  // htmx sends the CSRF token of the page's own cookie-less form, where there is one.
  document.addEventListener("htmx:configRequest", function (event) {
    var token = document.querySelector("input[name=csrfmiddlewaretoken]");
    if (token && event.detail.verb !== "get") {
      event.detail.headers["X-CSRFToken"] = token.value;
    }
  });

  // A menu that was opened closes by Escape and by a click elsewhere.
  function closeAll(except) {
    document.querySelectorAll("details[data-closes][open]").forEach(function (one) {
      if (!except || !one.contains(except)) {
        one.open = false;
      }
    });
  }
  document.addEventListener("click", function (event) {
    closeAll(event.target);
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") {
      return;
    }
    var open = document.querySelector("details[data-closes][open]");
    if (open) {
      closeAll(null);
      open.querySelector("summary").focus();
    }
  });

  // A job whose progress cannot be asked for says why: in the words of the page that came instead.
  function tellTrouble(event) {
    var job = event.detail.elt.closest(".job");
    var place = job && job.querySelector(".job-trouble");
    if (!place) {
      return;
    }
    var answer = event.detail.xhr ? event.detail.xhr.responseText : "";
    var words = new DOMParser().parseFromString(answer, "text/html").querySelector("main .reading");
    place.textContent = words ? words.textContent : "现在连不上平台，会自动再试。";
  }
  document.addEventListener("htmx:responseError", tellTrouble);
  document.addEventListener("htmx:sendError", tellTrouble);

  // A job that has ended: the page is loaded anew, so that it shows what came of it.
  document.addEventListener("htmx:afterSwap", function () {
    if (document.querySelector("[data-job-ended]")) {
      window.location.reload();
    }
  });

  // A control marked data-submits sends its form when it changes; its button stays for the keyboard.
  document.addEventListener("change", function (event) {
    var control = event.target;
    if (control.matches("[data-submits]") && control.form) {
      control.form.requestSubmit();
    }
  });

  // A button marked data-prints prints the page; it is only shown where this file runs.
  document.querySelectorAll("[data-prints]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      window.print();
    });
  });

  // Whoever logs out at a machine that several people use leaves nothing that going back would show:
  // browsers keep a page as it was, so one that is older than the last log-out is asked for anew.
  var opened = Date.now();
  function lastLeft() {
    try {
      return Number(window.localStorage.getItem("left"));
    } catch (refused) {
      return 0;
    }
  }
  document.addEventListener("submit", function (event) {
    if (event.target.matches("[data-leaves]")) {
      try {
        window.localStorage.setItem("left", String(Date.now()));
      } catch (refused) {
        // A browser that keeps nothing for us.
      }
    }
  });
  window.addEventListener("pageshow", function (event) {
    if (event.persisted && lastLeft() > opened) {
      document.documentElement.hidden = true;
      window.location.reload();
    }
  });

  // The same form is not sent twice by a double click.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || event.defaultPrevented || form.hasAttribute("hx-post")) {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });
})();
