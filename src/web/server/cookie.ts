/** The cookie that a login is known by. Cookies know no ports: its name has the port, so that two dashboards do not quarrel. */

export function cookieName(port: number): string {
  return `ecluse-${port}`;
}

/** As long as the browser is open, or the login holds. */
export function cookie(name: string, id: string): string {
  return `${name}=${id}; Path=/; HttpOnly; SameSite=Strict`;
}

export function endedCookie(name: string): string {
  return `${name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`;
}

/** Its value in a request; `undefined`: there is none, or more than one. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const values = (header ?? "").split(";").flatMap((pair) => {
    const [key, value] = pair.trim().split("=");
    return key === name && value !== undefined ? [value] : [];
  });
  return values.length === 1 ? values[0] : undefined;
}
