/** The bearer token of the server for tests; also the password of the user `practice`. */
export const FHIR_TOKEN = 'a-token-for-tests';
