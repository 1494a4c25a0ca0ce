import { z } from 'zod';
import { caFile } from './ca-file.ts';
import { oauthSchema } from './oauth-schema.ts';

/** Systems beside the calendar and the inbox, what an intent means for them, and how promises are confirmed. */
const id = z.string().regex(/^[a-z0-9-]{1,40}$/);
const secretFile = z.string().min(1);
const common = {
  id: id.describe('Name in plans and in the ledger; never changed while operations are open.'),
  sandbox: z.boolean().default(false).describe('True for a system that simulations may write to.'),
};
const mapping = z.string().min(1).optional().describe('Mapping document; that of the product for this type when absent.');
const oauth = oauthSchema.optional().describe('Access tokens in place of the secret of a file.');

interface Login {
  readonly user?: string | undefined;
  readonly credentialFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly oauth?: object | undefined;
}
type Issues = z.core.$RefinementCtx;

/** OAuth takes the place of what else would prove who we are. */
function oneProof(login: Login, context: Issues): void {
  for (const name of ['credentialFile', 'passwordFile'] as const)
    if (login.oauth !== undefined && login[name] !== undefined)
      context.addIssue({ code: 'custom', path: [name], message: 'expected only without oauth' });
}

/** A user logs in with a password or with access tokens, and with neither there is no user. */
function mailLogin(login: Login, context: Issues): void {
  oneProof(login, context);
  const hasProof = login.oauth !== undefined || login.passwordFile !== undefined;
  if (login.user !== undefined && !hasProof)
    context.addIssue({ code: 'custom', path: ['user'], message: 'expected passwordFile or oauth with it' });
  if (login.user === undefined && hasProof)
    context.addIssue({ code: 'custom', path: ['user'], message: 'expected with passwordFile or oauth' });
}

function fhirLogin(login: Login, context: Issues): void {
  oneProof(login, context);
  if (login.oauth === undefined && login.credentialFile === undefined)
    context.addIssue({ code: 'custom', path: ['credentialFile'], message: 'expected, or oauth' });
  if (login.oauth !== undefined && login.user !== undefined)
    context.addIssue({ code: 'custom', path: ['user'], message: 'expected only without oauth' });
}

/** Where mail is handed in; the same for appointments and for alerts. */
const mailServer = {
  host: z.string().min(1).describe('Mail server.'),
  port: z.number().int().min(1).max(65_535).describe('465 for tls, 587 for starttls.'),
  security: z.enum(['tls', 'starttls', 'none']).describe('none for a server on this machine only.'),
  user: z.string().optional().describe('User of the mail server; absent when it asks for none.'),
  passwordFile: secretFile.optional().describe('File with the password of the user.'),
  oauth,
  fromName: z.string().min(1).describe('Name that mail comes from.'),
  fromAddress: z.email().describe('Address that mail comes from.'),
  caFile,
};

export const destinationSchema = z.discriminatedUnion('type', [
  z
    .strictObject({
      ...common,
      type: z.literal('fhir'),
      url: z.url(),
      caFile,
      user: z.string().optional().describe('User of basic authentication; absent for a bearer token.'),
      credentialFile: secretFile.optional().describe('File with the password or the token; absent with oauth.'),
      oauth,
      schedule: z.string().regex(/^Schedule\/.+$/),
      slots: z.enum(['laid_out', 'grid']).optional(),
    })
    .superRefine(fhirLogin),
  z.strictObject({
    ...common,
    type: z.literal('tryton'),
    url: z.url(),
    caFile,
    user: z.string().min(1),
    passwordFile: secretFile,
    desk: z.string().nullable().default(null).describe('Code of the party that messages go to.'),
    mapping,
  }),
  z.strictObject({
    ...common,
    type: z.literal('salesforce'),
    url: z.url(),
    caFile,
    audience: z.url().optional(),
    clientId: z.string().min(1),
    user: z.string().min(1),
    privateKeyFile: secretFile,
    mapping,
  }),
  z.strictObject({
    ...common,
    type: z.literal('hubspot'),
    url: z.url().default('https://api.hubapi.com'),
    caFile,
    tokenFile: secretFile,
    mapping,
  }),
  z.strictObject({
    ...common,
    type: z.literal('servicenow'),
    url: z.url(),
    caFile,
    user: z.string().optional().describe('User of basic authentication; absent for a bearer token.'),
    credentialFile: secretFile,
    keyIsUnique: z.boolean().default(false).describe('True when the key fields are unique on the instance.'),
    mapping,
  }),
  z.strictObject({
    ...common,
    type: z.literal('odoo'),
    url: z.url(),
    caFile,
    database: z.string().min(1),
    wire: z.enum(['json2', 'jsonrpc']),
    login: z.string().min(1),
    apiKeyFile: secretFile,
    partnerId: z.number().int().positive().nullable().default(null).describe('Contact whose calendar appointments go into; null for none.'),
    mapping,
  }),
  z
    .strictObject({
      ...common,
      type: z.literal('rest'),
      url: z.url(),
      caFile,
      credentialFile: secretFile.optional(),
      oauth,
      signingSecretFile: secretFile.optional(),
      mapping: z.string().min(1).describe('Mapping document, which names the OpenAPI file.'),
    })
    .superRefine(oneProof),
  z
    .strictObject({
      ...common,
      type: z.literal('sms'),
      url: z.url(),
      caFile,
      credentialFile: secretFile.optional(),
      oauth,
      signingSecretFile: secretFile.optional(),
      mapping: z.string().min(1).describe('Description of the gateway.'),
    })
    .superRefine(oneProof),
  z.strictObject({ ...common, type: z.literal('mail'), ...mailServer }).superRefine(mailLogin),
]);

/** Where mail is handed in, of a destination or of alerts. */
export type MailServerConfig = z.infer<z.ZodObject<typeof mailServer>>;

export type DestinationConfig = z.infer<typeof destinationSchema>;

const step = z.strictObject({
  name: id,
  kind: z.enum(['booking', 'message', 'reschedule', 'cancel', 'contact', 'note']),
  destination: id,
});
const plan = z.array(step).min(1).max(8).optional();

export const plansSchema = z
  .strictObject({
    booking: plan.describe('Steps of an appointment; the step of the kind booking is the pivot.'),
    message: plan.describe('Steps of a message.'),
    reschedule: plan.describe('Where appointments are moved.'),
    cancel: plan.describe('Where appointments are cancelled.'),
  })
  .prefault({});

export const confirmationsSchema = z
  .array(
    z.strictObject({
      channel: z.enum(['sms', 'email']),
      destination: id,
      reaches: z
        .string()
        .refine(isPattern, 'is not a regular expression')
        .describe('Numbers (E.164) that it reaches, as a regular expression.'),
      subject: z.string().min(1).max(200).default('Your appointment'),
      text: z.string().min(1).max(480).describe('With {service} and {when}.'),
    }),
  )
  .max(4)
  .default([])
  .describe('How a promised confirmation is sent; whoever no channel reaches is called back by a person.');

export const alertsSchema = z
  .strictObject({
    webhook: z
      .strictObject({
        url: z.url().describe('Address that alerts are posted to as signed JSON.'),
        caFile,
        secretFile: secretFile.describe('File with the secret that alerts are signed with.'),
      })
      .optional(),
    mail: z
      .strictObject({ ...mailServer, to: z.email().describe('Address that alerts are sent to.') })
      .superRefine(mailLogin)
      .optional(),
  })
  .prefault({});

export type AlertsConfig = z.infer<typeof alertsSchema>;

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
