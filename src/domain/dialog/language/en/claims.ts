/**
 * Words that tell a caller something was done. Only a `commitment` may contain them; every other kind is refused by the gate.
 * Negations and questions do not make them harmless: "I have not booked" is heard as "booked" on a bad line.
 */
const CLAIMS =
  /\b(?:booked|confirmed|reserved|scheduled|cancell?ed|rescheduled|moved|delivered|sent|entered|recorded|arranged|registered|written down|all set|you are set|you're set|it's done|is done|have put you|see you on|we expect you|looking forward to seeing you)\b/i;

export function findClaim(text: string): string | null {
  return CLAIMS.exec(text)?.[0] ?? null;
}
