// Moments as pictures that come alive: a still that plays its stretch, muted, while the pointer or the focus is on it.

import { h } from "./dom.js";
import { mediaUrl, stillUrl } from "./api.js";

/** A frame of a film's stretch. It plays while `on` (else itself) is pointed at; `rests` is where its still is taken. */
export function clip(film, start, end, { on = null, rests = null, height = 360 } = {}) {
  const at = rests ?? start + Math.min(0.5, (end - start) / 2);
  const still = h("img", { src: stillUrl(film, at, height), alt: "", loading: "lazy", decoding: "async" });
  still.addEventListener("error", () => still.remove());
  const frame = h("span.frame", {}, still);
  const area = on ?? frame;
  let video = null;
  let timer = 0;
  const begin = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (video || navigator.connection?.saveData) return;
      video = h("video", { muted: true, playsinline: true, preload: "auto", tabindex: "-1", "aria-hidden": "true", src: `${mediaUrl(film)}#t=${start.toFixed(3)}` });
      video.addEventListener("timeupdate", () => {
        if (video && video.currentTime >= Math.max(end, start + 0.6)) video.currentTime = start;
      });
      video.addEventListener("playing", () => frame.classList.add("plays"));
      frame.append(video);
      video.play().catch(() => {}); // what a browser cannot play stays a still
    }, 120);
  };
  const stop = () => {
    clearTimeout(timer);
    frame.classList.remove("plays");
    video?.removeAttribute("src");
    video?.load();
    video?.remove();
    video = null;
  };
  area.addEventListener("mouseenter", begin);
  area.addEventListener("focusin", begin);
  area.addEventListener("mouseleave", stop);
  area.addEventListener("focusout", (event) => area.contains(event.relatedTarget) || stop());
  return frame;
}
