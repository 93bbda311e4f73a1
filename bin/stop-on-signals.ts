export interface StopSignal {
  readonly signal: AbortSignal;
  readonly stop: () => void;
  /** Gives the process's signals back. */
  readonly release: () => void;
}

/** An abort signal that the first of `names` raises; a second one ends the process at once. */
export function stopOnSignals(names: readonly NodeJS.Signals[]): StopSignal {
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
