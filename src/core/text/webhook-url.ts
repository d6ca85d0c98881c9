/** A shorter part is a word, such as `services`, and a shorter text is no URL: it may be white space, or a letter. */
const MIN_PART_CHARACTERS = 10;

/** What no text may show of a URL that is a secret: the whole, and each part of it that could be one by itself. */
export function webhookSecrets(url: string): string[] {
  const [, login = '', rest = ''] = /^[a-z]+:\/\/(?:([^/?#]*)@)?[^/?#]*(.*)$/i.exec(url) ?? [];
  const parts = [login, ...login.split(':'), ...rest.split(/[/?&=]/)];
  return [url, ...parts].filter((part) => part.trim().length >= MIN_PART_CHARACTERS);
}
