/**
 * An abort signal that the first of `names` raises; a second one ends the process at once. `release` gives the
 * signals back.
 */
export function stopOnSignals(names: readonly NodeJS.Signals[]): {
  signal: AbortSignal;
  stop: () => void;
  release: () => void;
} {
  const controller = new AbortController();
  const stop = () => {
    // Children hear of it by the loss of their channel.
    if (controller.signal.aborted) process.exit(1);
    controller.abort();
  };
  for (const name of names) process.on(name, stop);
  const release = () => {
    for (const name of names) process.off(name, stop);
  };
  return { signal: controller.signal, stop, release };
}
