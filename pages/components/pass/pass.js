// Keeps a presenter's pass in a cookie, so that loading the page anew needs no code. The server forgets it when told to.
export default function ({ data: { name, token } }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${token}; Path=/; SameSite=Strict; Max-Age=43200${secure}`;
}
