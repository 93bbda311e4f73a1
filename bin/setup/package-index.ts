import { rootMessage } from '../../src/support/download.ts';
import { MurmurError } from '../../src/support/errors.ts';
import type { Wheel } from './wheels.ts';

/** The page of TensorFlow, the longest of all projects, is under 1 MB. */
export const MAX_PAGE_BYTES = 16 << 20;
/** An index that has not given its page by then is not waited for. */
const PAGE_TIMEOUT_MS = 60_000;

/** Where a file is, and what to ask for it with. */
export interface Location {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Finds a wheel on the page that an index has of its project (PEP 503, "Simple Repository API").
 *
 * @throws BACKEND_UNAVAILABLE where the index does not answer or has no such file
 */
export async function locate(
  fetch: typeof globalThis.fetch,
  index: URL,
  wheel: Wheel,
  signal: AbortSignal,
): Promise<Location> {
  const headers = credentials(index);
  const page = new URL(`${withoutCredentials(index).href.replace(/\/*$/, '')}/${wheel.project}/`);
  try {
    const limits = AbortSignal.any([signal, AbortSignal.timeout(PAGE_TIMEOUT_MS)]);
    const response = await fetch(page, { headers: { ...headers, accept: 'text/html' }, signal: limits });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    const url = linkTo(wheel.name, await boundedText(response), response.url || page.href);
    if (url === null) throw new Error(`no file ${wheel.name}`);
    return { url: url.href, headers: url.host === page.host ? headers : {} };
  } catch (error) {
    if (signal.aborted) throw error;
    throw new MurmurError({
      code: 'BACKEND_UNAVAILABLE',
      backend: 'tensorflow',
      problem: `${page}: ${rootMessage(error)}`,
      mend: 'name a package index that you reach with PIP_INDEX_URL',
    });
  }
}

/** `fetch` refuses addresses with a name and password in them; both go into a header. */
function credentials({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function withoutCredentials(index: URL): URL {
  const bare = new URL(index);
  bare.username = '';
  bare.password = '';
  return bare;
}

async function boundedText(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_PAGE_BYTES) throw new Error(`a page of more than ${MAX_PAGE_BYTES} bytes`);
  }
  return text;
}

/** The target of the page's link whose path ends in `name`. */
function linkTo(name: string, page: string, base: string): URL | null {
  for (const [, href] of page.matchAll(/<a\s[^>]*?href\s*=\s*["']([^"']+)["']/gi)) {
    const target = href!.replaceAll('&amp;', '&');
    if (!target.includes(name) || !URL.canParse(target, base)) continue;
    const url = new URL(target, base);
    url.hash = '';
    if (/^https?:$/.test(url.protocol) && url.pathname.endsWith(`/${name}`)) return url;
  }
  return null;
}
