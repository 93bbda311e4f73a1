import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const PATIENCE_MS = 30_000;

/** A Chromium of this machine: what CHROME_PATH names, or the first on the path; null where there is none. */
export function findBrowser(): string | null {
  const named = process.env['CHROME_PATH'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [
    ...(named ? [named] : []),
    ...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))),
  ];
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's own shapes
  readonly params?: any;
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's own shapes
  readonly result?: any;
}

/** A page in a real browser, led through the DevTools protocol over a pipe. */
export class BrowserPage {
  /** What went wrong in the page's own words, and every address that it asked for. */
  readonly errors: string[] = [];
  readonly requests: string[] = [];
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #onLoaded = () => {};
  readonly #loaded = new Promise<void>((resolve) => {
    this.#onLoaded = resolve;
  });
  #calls = 0;
  #session: string | undefined;

  private constructor(child: ChildProcess, profile: string) {
    this.#child = child;
    this.#profile = profile;
    let rest = '';
    (child.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\0');
      rest = parts.pop()!;
      for (const part of parts) this.#receive(JSON.parse(part));
    });
  }

  /** Opens `url` in a window of this width and waits until it has loaded. */
  static async open(browser: string, url: string, width: number): Promise<BrowserPage> {
    const profile = await mkdtemp(join(tmpdir(), 'murmur-browser-'));
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-pipe'];
    const child = spawn(browser, [...flags, `--user-data-dir=${profile}`, `--window-size=${width},900`], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    const page = new BrowserPage(child, profile);
    const { targetId } = await page.call('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await page.call('Target.attachToTarget', { targetId, flatten: true });
    page.#session = sessionId;
    for (const domain of ['Runtime', 'Log', 'Network', 'Page']) await page.call(`${domain}.enable`, {});
    await page.call('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false });
    await page.call('Page.navigate', { url });
    await page.#loaded;
    return page;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the protocol's own shapes
  async call(method: string, params: object): Promise<any> {
    const id = ++this.#calls;
    const session = this.#session === undefined ? {} : { sessionId: this.#session };
    const answer = new Promise<Message>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the browser did not answer ${method}`)), PATIENCE_MS);
      this.#waiting.set(id, (message) => {
        clearTimeout(timer);
        resolve(message);
      });
    });
    (this.#child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    return (await answer).result;
  }

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    return (await this.call('Runtime.evaluate', { expression, returnByValue: true })).result.value;
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    await gone;
    // Its helpers may still be writing.
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #receive({ id, method, params, ...message }: Message): void {
    if (id !== undefined) this.#waiting.get(id)?.(message);
    if (method === 'Page.loadEventFired') this.#onLoaded();
    if (method === 'Network.requestWillBeSent') this.requests.push(params.request.url);
    if (method === 'Runtime.exceptionThrown') this.errors.push(params.exceptionDetails.text);
    if (method === 'Runtime.consoleAPICalled' && params.type === 'error') this.errors.push(JSON.stringify(params.args));
    if (method === 'Log.entryAdded' && params.entry.level === 'error') this.errors.push(params.entry.text);
  }
}
