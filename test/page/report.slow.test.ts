import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/page/browser.ts';
import { writePageOf } from '../support/page/report.ts';

let browser: Browser;
let server: Server;
let url = '';
/** Requests that arrived at a server that hostile texts name. */
let arrived = 0;
const files: string[] = [];

beforeAll(async () => {
  browser = await startBrowser();
  server = createServer((_, response) => {
    arrived += 1;
    response.end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await browser.close();
  server.close();
  for (const file of files) rmSync(dirname(file), { recursive: true, force: true });
});

function pageOf(text: string, rows?: number): string {
  const file = writePageOf(text, rows);
  files.push(file);
  return file;
}

/** Opens a page, and watches all that it asks for and reports. */
async function open(file: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const asked: string[] = [];
  const said: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('dialog', (dialog) => {
    said.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`file://${file}`);
  return { page, context, asked, said };
}

const statuses = (page: Page) => page.locator('#rows-table tbody tr:visible td:nth-child(2)').allTextContents();

describe('the report page', () => {
  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)('at %d pixels, %s, is accessible, fits, and asks for nothing', async (width, colorScheme) => {
    const file = pageOf('Support');
    const { page, context, asked, said } = await open(file, { viewport: { width, height: 900 }, colorScheme });
    expect(asked).toEqual([`file://${file}`]);
    expect(said).toEqual([]);
    expect(await page.locator('#chart canvas').count()).toBe(1);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    // The policy forbids a further script, and the debugger may add one all the same.
    await page.evaluate(`${axe.source}; document.querySelector('details').open = true`);
    const { violations } = (await page.evaluate('axe.run()')) as {
      violations: { id: string; impact: string; nodes: { target: string[] }[] }[];
    };
    const shown = violations.map(({ id, impact, nodes }) => `${impact} ${id} ${nodes[0]?.target}`);
    expect(shown.filter((text) => /^(critical|serious)/.test(text))).toEqual([]);
    await context.close();
  });

  it('shows hostile texts as text, and lets none of them run, load or hide', async () => {
    const texts = [
      '</script><script>alert(1)</script>',
      `<img src=${url}/a onerror=alert(1)>`,
      `"><svg onload=alert(1)><style>@import '${url}/b';</style>`,
      `' autofocus onfocus='alert(1)`,
      '\u202egnirts\u2028\u2029\u0000\u001b[31m{{1}}<!--',
      `</title></textarea><iframe src=${url}/c></iframe><base href=${url}>`,
      '<b>'.repeat(3500),
    ];
    for (const text of texts) {
      const { page, context, asked, said } = await open(pageOf(text, 12));
      expect(asked).toHaveLength(1);
      expect(said).toEqual([]);
      expect(await page.locator('img, iframe, base, b').count()).toBe(0);
      const start = text.slice(0, 6).replace('\u202e', '\\u202e');
      expect(await page.locator('.eyebrow').textContent()).toContain(start);
      expect(await page.locator('#rows-table tbody tr').count()).toBe(9);
      expect(await page.content()).not.toMatch(/[\u202e\u2028\u2029]/);
      await context.close();
    }
    expect(arrived).toBe(0);
  });

  it('has a policy that stops what would get through the escaping', async () => {
    const file = pageOf('x');
    const planted = `<script>window.ran = 1</script><img src="${url}/d" onerror="window.ran = 2"><link rel="stylesheet" href="${url}/e"><iframe src="${url}/f"></iframe><p id="p" style="color: red">`;
    writeFileSync(file, readFileSync(file, 'utf8').replace('<main ', `${planted}<main `));
    const { page, context } = await open(file);
    expect(await page.evaluate('window.ran')).toBeUndefined();
    expect(await page.evaluate("getComputedStyle(document.getElementById('p')).color")).not.toBe('rgb(255, 0, 0)');
    await expect(page.evaluate(`fetch('${url}/g')`)).rejects.toThrow();
    // The script of the page itself still runs.
    expect(await page.getByRole('button', { name: 'Copy' }).count()).toBeGreaterThan(0);
    expect(arrived).toBe(0);
    await context.close();
  });

  it('is searched, sorted and copied from with the keyboard', async () => {
    const { page, context } = await open(pageOf('Support'), { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByLabel('Search these rows').focus();
    await page.keyboard.type('HELD support');
    expect(new Set(await statuses(page))).toEqual(new Set(['held']));
    expect(await page.locator('output').textContent()).toBe('15 of 45 shown');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('Delete');
    expect(await statuses(page)).toHaveLength(45);

    const rowHead = page.getByRole('columnheader', { name: 'Row', exact: true });
    const rows = () => page.locator('#rows-table tbody td:first-child').allTextContents();
    await rowHead.getByRole('button').focus();
    await page.keyboard.press('Enter');
    expect(await rowHead.getAttribute('aria-sort')).toBe('descending');
    expect((await rows()).slice(0, 3)).toEqual(['59', '58', '57']);
    await page.keyboard.press('Enter');
    expect((await rows()).slice(-2)).toEqual(['58', '59']);
    const statusHead = page.getByRole('columnheader', { name: 'Status' }).last();
    await statusHead.getByRole('button').click();
    expect(await rowHead.getAttribute('aria-sort')).toBeNull();
    expect((await statuses(page))[0]).toBe('failed');

    await page.getByRole('button', { name: 'Copy' }).first().click();
    await page.locator('#said', { hasText: 'Copied' }).waitFor({ state: 'attached' });
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe("telnyx-reassign retry 'Support'");
    await page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))");
    await page.locator('#commands').getByRole('button', { name: 'Copy' }).click();
    await page.locator('#commands').getByText('Copied').waitFor();
    await context.close();
  });

  it('can be read without its script, and on paper', async () => {
    const file = pageOf('Support');
    const { page, context } = await open(file, { javaScriptEnabled: false });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Finished');
    expect(await page.locator('#rows-table tbody tr').count()).toBe(45);
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await page.getByText('The same as a table').isVisible()).toBe(true);
    expect(await page.locator('figure').isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.locator('nav').isVisible()).toBe(false);
    await context.close();
    const printed = await open(file);
    await printed.page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await printed.page.getByRole('button', { name: 'Copy' }).count()).toBe(0);
    expect(await printed.page.getByRole('columnheader', { name: 'Reason' }).isVisible()).toBe(true);
    expect(await printed.page.locator('#chart canvas').isVisible()).toBe(true);
    expect(await printed.page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    await printed.context.close();
  });
});
