"use strict";

// After an answer was exchanged in place: what it changed comes into view and is read out; a field that
// could not be read gets the focus back. Without this file the page is loaded anew and says the same.
document.addEventListener("htmx:afterSettle", function (event) {
  if (event.target.id !== "answers") {
    return;
  }
  var wrong = document.querySelector("#question [aria-invalid]");
  var told = document.getElementById("answers-told");
  if (wrong) {
    wrong.focus();
  } else if (told) {
    told.focus();
  }
});
