// What the unmodified @jitsu/js can say from a server: one event a request, the key in a header.
import { jitsuAnalytics } from "@jitsu/js";

const { KENDT_URL, KENDT_KEY } = process.env;
const errors = [];
const analytics = jitsuAnalytics({ host: KENDT_URL, writeKey: KENDT_KEY, s2s: true });

async function tell(call) {
  try {
    await call;
  } catch (error) {
    errors.push(String(error));
  }
}
await tell(analytics.identify("anna", { email: "anna@example.dk", firstName: "Anna" }));
await tell(analytics.track("Order Completed", { order_id: "O-1", revenue: 299.9, currency: "DKK", recipient: "Bo" }));
await tell(analytics.page({ name: "Forside", url: "https://shop.example/å", path: "/å", title: "Shop" }));
await tell(analytics.group("org-7", { name: "Åkesson & Sønner AB" }));
console.log(JSON.stringify(errors));
process.exit(0);
