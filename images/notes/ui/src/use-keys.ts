import { useEffect } from "react";

/** Single keys, wherever nobody is writing. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const { target, key, altKey, ctrlKey, metaKey } = event;
      const writes =
        target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
      const run = keys[key];
      if (
        writes ||
        altKey ||
        ctrlKey ||
        metaKey ||
        run === undefined ||
        document.querySelector("dialog[open]") !== null
      )
        return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  });
}
