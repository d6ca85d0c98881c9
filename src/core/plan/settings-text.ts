/** A profile and a product in words; '' if neither is known. */
export function settingsText(profile: string, product: string): string {
  const parts = [profile === '' ? '' : `profile ${profile}`, product === '' ? '' : `product ${product}`];
  return parts.filter((part) => part !== '').join(', ');
}
