/** The text a raw part of a path stands for; null when its percent encoding is bad or hides a NUL. */
export function decodePercent(raw: string): string | null {
  const decoded = raw.includes('%') ? tryDecode(raw) : raw;
  return decoded?.includes('\0') ? null : decoded;
}

function tryDecode(raw: string): string | null {
  try {
    return decodeURIComponent(raw);
  } catch {
    return null;
  }
}
