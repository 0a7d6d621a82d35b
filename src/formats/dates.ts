/**
 * Moments in text formats: always UTC, never the machine's zone or locale.
 *
 * Text formats have four digits for the year, and XML's dateTime knows no year 0: moments before the year 1 and after
 * 9999 have no form in them.
 */

const [earliest, latest] = [-62_135_596_800, 253_402_300_799];

function dateOf(seconds: number): Date | null {
  return seconds < earliest || seconds > latest ? null : new Date(seconds * 1000);
}

/** RFC 3339: `2026-11-21T19:17:00Z`. @param seconds whole seconds since 1970 */
export function rfc3339(seconds: number): string | null {
  return dateOf(seconds)?.toISOString().replace('.000Z', 'Z') ?? null;
}

/**
 * RFC 822 as of RFC 1123, with a numeric zone: `Sat, 21 Nov 2026 19:17:00 +0000`. zsync clients ignore `GMT` or even
 * abort at it.
 *
 * @param seconds whole seconds since 1970
 */
export function rfc822(seconds: number): string | null {
  return dateOf(seconds)?.toUTCString().replace('GMT', '+0000') ?? null;
}
