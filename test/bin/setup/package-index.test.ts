import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { locate, MAX_PAGE_BYTES } from '../../../bin/setup/package-index.ts';
import { failureOf } from '../../support/failures.ts';
import { httpServers } from '../../support/http-server.ts';

const wheel = { project: 'tensorflow-cpu', name: 'tensorflow_cpu-2.0-x.manylinux_x86_64.whl', bytes: 1, sha256: '' };
const serve = httpServers();
const { signal } = new AbortController();

const page =
  (...links: string[]): RequestListener =>
  (_, response) =>
    response.end(`<!DOCTYPE html><body>${links.map((link) => `<a data-x="1" href="${link}">x</a><br/>`).join('\n')}`);

describe('a wheel on an index', () => {
  it('is found by its name among the links of its project', async () => {
    const asked: (string | undefined)[] = [];
    const links = [
      `../../${wheel.name}.metadata`,
      `other-${wheel.name}`,
      `../../files/${wheel.name}?a=1&amp;b=2#sha256=ab`,
    ];
    const address = await serve((request, response) => {
      asked.push(request.url);
      page(...links)(request, response);
    });
    const found = { url: `${address}files/${wheel.name}?a=1&b=2`, headers: {} };
    expect(await locate(fetch, new URL(`${address}simple`), wheel, signal)).toEqual(found);
    expect(await locate(fetch, new URL(`${address}simple/`), wheel, signal)).toEqual(found);
    expect(asked).toEqual(['/simple/tensorflow-cpu/', '/simple/tensorflow-cpu/']);
  });

  it('is asked for with the name and password of the index, on its own host alone', async () => {
    const asked: (string | undefined)[] = [];
    const listen = (link: string): RequestListener => {
      return (request, response) => {
        asked.push(request.headers.authorization);
        page(link)(request, response);
      };
    };
    const authorization = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    const withPassword = (address: string) => new URL(address.replace('//', '//me:p%40ss@'));
    const own = await locate(fetch, withPassword(await serve(listen(wheel.name))), wheel, signal);
    expect(own.headers).toEqual({ authorization });
    expect(own.url).not.toContain('me:');
    const foreign = `https://files.example/${wheel.name}`;
    const other = await locate(fetch, withPassword(await serve(listen(foreign))), wheel, signal);
    expect(other).toEqual({ url: foreign, headers: {} });
    expect(asked).toEqual([authorization, authorization]);
  });

  it.each<[string, RequestListener]>([
    ['no file', page(`x-${wheel.name}`, `file:///${wheel.name}`, 'http://[')],
    ['HTTP status 404', (_, response) => response.writeHead(404).end()],
    ['a page of more than', (_, response) => response.end(Buffer.alloc(MAX_PAGE_BYTES + 1, ' '))],
  ])('is missing with a word on how to name another index: %s', async (problem, listener) => {
    const { failure } = await failureOf(
      locate(fetch, new URL(await serve(listener)), wheel, signal),
      'BACKEND_UNAVAILABLE',
    );
    expect(failure).toMatchObject({
      problem: expect.stringContaining(problem),
      mend: expect.stringContaining('PIP_INDEX_URL'),
    });
  });
});
