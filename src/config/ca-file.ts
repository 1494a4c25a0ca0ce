import { z } from 'zod';

/** The certificate of a practice's own authority, wherever TLS is spoken. */
export const caFile = z.string().min(1).optional().describe('Certificates (PEM) to trust instead of those of the system.');
