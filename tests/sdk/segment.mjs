// The reference set of calls, by the unmodified @segment/analytics-node. Prints what its own error event told.
import { Analytics } from "@segment/analytics-node";

const { KENDT_URL, KENDT_KEY, KENDT_RUN } = process.env;
const analytics = new Analytics({ writeKey: KENDT_KEY, host: KENDT_URL, maxRetries: 2 });
const errors = [];
analytics.on("error", (error) => errors.push(String(error.reason ?? error.code)));

const id = (name) => `${KENDT_RUN}-${name}`;
analytics.track({ anonymousId: "visitor-1", event: "Product Viewed", properties: { product_id: "85123A" }, messageId: id("viewed") });
analytics.identify({
  userId: "anna",
  anonymousId: "visitor-1",
  traits: { email: "anna@example.dk", firstName: "Anna", address: { city: "Århus", country: "DK" } },
  messageId: id("identify"),
});
analytics.track({
  userId: "anna",
  event: "Order Completed",
  properties: { order_id: "O-1", revenue: 299.9, currency: "DKK", recipient: "Bo" },
  messageId: id("order"),
});
analytics.page({ userId: "anna", category: "Shop", name: "Forside", properties: { url: "https://shop.example/å" }, messageId: id("page") });
analytics.screen({ userId: "anna", name: "Kurv", messageId: id("screen") });
analytics.group({ userId: "anna", groupId: "org-7", traits: { name: "Åkesson & Sønner AB" }, messageId: id("group") });
analytics.alias({ userId: "anna", previousId: "visitor-0", messageId: id("alias") });
await analytics.closeAndFlush({ timeout: 20000 });
console.log(JSON.stringify(errors));
