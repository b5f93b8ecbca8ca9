// Renews the kiosk's picture each second; the old one stays until the new one is decoded.
"use strict";
(() => {
  const shown = document.getElementById("kiosk-picture");
  const address = shown.getAttribute("src");
  const renew = async () => {
    const next = new Image();
    next.src = `${address}?at=${Date.now()}`;
    try {
      await next.decode();
      shown.src = next.src;
    } catch {
      // Half written or gone: the next second brings another.
    }
    setTimeout(renew, 1000);
  };
  setTimeout(renew, 1000);
})();
