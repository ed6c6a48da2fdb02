// The browser that signed up presses the button itself. Without scripts there is the button.
"use strict";
document.querySelector("form[data-at-once]").requestSubmit();
