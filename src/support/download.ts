import type { Clock } from './clock.ts';
import { MurmurError } from './errors.ts';

/** A source that sends nothing for this long is given up: people wait at a terminal, and the next one may answer. */
export const SILENCE_TIMEOUT_MS = 20_000;

/** A file as its publisher describes it: its size is also the most that is taken from anybody. */
export interface PublishedFile {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface FetchComponents {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

export interface FetchOptions {
  /** Called as a file grows: `bytes` of `total` are here. */
  readonly onProgress?: ((file: string, bytes: number, total: number) => void) | undefined;
  /** Ends the download early. */
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What to do where the bytes are not those published. */
  readonly mend: string;
}

/** Where a download's bytes go. One that was interrupted is continued where it stands. */
export interface Draft {
  /** Bytes that are there already. */
  readonly received: number;
  write(chunk: Uint8Array): Promise<void>;
  clear(): Promise<void>;
  /** Of all that is there, hexadecimal. */
  sha256(): Promise<string>;
}

/**
 * Brings `draft` to the bytes of `file` as published, and clears it where `url` gives others.
 *
 * @throws DATA_CORRUPT where size or sum differ; any error of `fetch` and of the draft
 */
export async function fetchFile(
  { fetch, clock }: FetchComponents,
  file: PublishedFile,
  url: string,
  draft: Draft,
  options: FetchOptions,
): Promise<void> {
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([controller.signal, options.signal]) : controller.signal;
  const giveUp = () => controller.abort(new Error(`silent for ${SILENCE_TIMEOUT_MS} ms`));
  let cancel = clock.after(SILENCE_TIMEOUT_MS, giveUp);
  const wrong = async (field: string, problem: string) => {
    await draft.clear();
    return new MurmurError({ code: 'DATA_CORRUPT', file: url, field, problem, mend: options.mend });
  };
  try {
    if (draft.received < file.bytes) {
      // Asked for as it is: a server that unpacks .gz files on the way would break their sums.
      const headers: Record<string, string> = { ...options.headers, 'accept-encoding': 'identity' };
      if (draft.received > 0) headers['range'] = `bytes=${draft.received}-`;
      const response = await fetch(url, { signal, headers });
      if (!response.ok || response.body === null) throw new Error(`HTTP status ${response.status}`);
      if (!continues(response, draft.received)) await draft.clear();
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        cancel();
        cancel = clock.after(SILENCE_TIMEOUT_MS, giveUp);
        if (draft.received + chunk.length > file.bytes) {
          throw await wrong('size', `is over the ${file.bytes} bytes published`);
        }
        await draft.write(chunk);
        options.onProgress?.(file.name, draft.received, file.bytes);
      }
    }
    if (draft.received !== file.bytes) {
      throw await wrong('size', `is ${draft.received} bytes where ${file.bytes} were published`);
    }
    const sum = await draft.sha256();
    if (sum !== file.sha256) throw await wrong('sha256', `is ${sum}, not ${file.sha256}`);
  } finally {
    cancel();
    controller.abort();
  }
}

/** Whether an answer goes on after the first `received` bytes; servers may ignore the range and send all. */
function continues(response: Response, received: number): boolean {
  return response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${received}-`) === true;
}

/** `fetch` hides why it failed (refused, unknown host, aborted) in the cause. */
export function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
