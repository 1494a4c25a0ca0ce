const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

/** True for a host name or address of this machine itself, also in the brackets that an address of IPv6 has in a URL. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);
