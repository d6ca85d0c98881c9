import { describe, expect, it } from 'vitest';
import { html, jsonBlock, plain, timeHtml, whole } from '../../../src/core/report/html.ts';

describe('html', () => {
  it('escapes every text, and makes what is invisible visible', () => {
    expect(html`<p title="${`"'`}">${'<script>&\u202e\u2028'}</p>`.raw).toBe(
      '<p title="&quot;&#39;">&lt;script&gt;&amp;\\u202e\\u2028</p>',
    );
  });

  it('takes HTML, lists of it, numbers and nothing', () => {
    expect(html`${html`<b>${'a<b'}</b>`}${[html`<i>`, html`</i>`]} ${1234567} ${null}`.raw).toBe(
      '<b>a&lt;b</b><i></i> 1,234,567 ',
    );
  });

  it('cuts off a long text, unless it is needed as a whole', () => {
    expect(html`${'x'.repeat(10_000)}`.raw).toBe(`${'x'.repeat(500)}...`);
    expect(html`${whole(`<${'x'.repeat(10_000)}`)}`.raw).toBe(`&lt;${'x'.repeat(10_000)}`);
  });
});

describe('jsonBlock', () => {
  it('holds the same value, and nothing that could end a script element', () => {
    const value = { text: '</script><!--&\u2028\u2029"' };
    const { raw } = jsonBlock(value);
    expect(raw).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(raw)).toEqual(value);
  });
});

describe('numbers and times', () => {
  it('are short', () => {
    expect([plain(1234.56), plain(2)]).toEqual(['1234.6', '2']);
    expect(timeHtml('2026-11-23T02:00:01.500Z').raw).toBe(
      '<time datetime="2026-11-23T02:00:01.500Z">2026-11-23 02:00:01</time>',
    );
    expect(timeHtml(null).raw).toBe('–');
    expect(timeHtml('<soon>').raw).toBe('&lt;soon&gt;');
  });
});
