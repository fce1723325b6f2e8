"""Names that columns have in files, in English, Danish and Swedish, and what they mean to a mapping."""

import re

from profiles.models.sources import RowKind

PEOPLE = {
    "external_id": "customerid customerno customernumber custid clientid memberid userid id externalid contactid "
    "kundenr kundenummer kundeid kundeno kundnr kundnummer kundid medlemsnr medlemsnummer",
    "identifiers.email": "email emailaddress mail mailaddress epost epostadress eposta mailadresse emailadresse",
    "identifiers.phone": "phone phonenumber mobile mobilephone mobil telefon telefonnummer tlf tlfnr mobilnr "
    "mobilnummer cellphone tel",
    "identifiers.loyalty_no": "loyaltyno loyaltynumber loyaltycard cardnumber klubnr klubnummer bonuskort kortnummer",
    "traits.first_name": "firstname givenname forename fornavn förnamn fornamn",
    "traits.last_name": "lastname surname familyname efternavn efternamn",
    "traits.full_name": "name fullname customername navn fuldenavn kundenavn namn fullnamn kundnamn",
    "traits.street": "street address address1 addressline1 streetaddress adresse vej gade adress gata gatuadress",
    "traits.postal_code": "postalcode postcode zip zipcode postnr postnummer",
    "traits.city": "city town by bynavn stad ort postort",
    "traits.country": "country countrycode land landekode landskod",
    "traits.birth_date": "birthdate dateofbirth dob birthday birthdaydate foedselsdato fødselsdato födelsedatum",
    "traits.gender": "gender sex køn kön",
    "traits.language": "language lang sprog språk",
    "traits.company": "company organisation organization firma virksomhed företag",
    "traits.customer_since": "customersince since created createdat oprettet kundesiden skapad kundsedan",
    "traits.loyalty_points": "loyaltypoints points bonuspoint point poäng bonuspoäng",
    "traits.loyalty_tier": "loyaltytier tier level niveau nivå",
    "observed_at": "updatedat updated modifiedat lastmodified opdateret ændret uppdaterad ändrad",
}
EVENTS = {
    "external_id": PEOPLE["external_id"],
    "event.occurred_at": "occurredat timestamp date datetime time invoicedate orderdate purchasedate transactiondate "
    "createdat dato tidspunkt ordredato købsdato datum tidpunkt orderdatum köpdatum",
    "event.order_id": "orderid orderno ordernumber invoiceno invoiceid invoicenumber receiptno ordrenr ordrenummer "
    "fakturanr bonnr ordernr fakturanummer kvittonr",
    "event.product_id": "productid productno sku stockcode itemid itemno articleno trackid varenr varenummer artikelnr "
    "artikelnummer",
    "event.category": "category productcategory kategori varegruppe varugrupp",
    "event.quantity": "quantity qty count antal",
    "event.price": "price unitprice pris stykpris styckpris apris",
    "event.amount": "amount total totalamount linetotal beløb sum belopp summa totalbelopp",
    "event.currency": "currency currencycode valuta",
    "event.lines": "products orderlines lineitems ordrelinjer orderrader",
    "event.message_id": "messageid eventid lineid rowid linjeid radid",
}
CONSENTS = PEOPLE | {
    "consents.purpose": "purpose formål formaal ändamål",
    "consents.state": "answer decision consent permission svar samtykke tilladelse samtycke tillåtelse",
    "consents.channel": "channel kanal",
    "consents.effective_at": "answered answeredat decidedat consentedat consentdate date datetime timestamp dato "
    "tidspunkt samtykkedato datum tidpunkt samtyckesdatum",
    "consents.wording": "wording notice ordlyd samtykketekst ordalydelse samtyckestext",
}
WORDS = {RowKind.CUSTOMERS: PEOPLE, RowKind.EVENTS: EVENTS, RowKind.CONSENTS: CONSENTS}
_KNOWN = {
    rows: {word: target for target, names in table.items() for word in names.split()} for rows, table in WORDS.items()
}


def target_of(column: str, *, rows: str) -> str | None:
    """What a column of that name probably is, such as `identifiers.email`; None: not guessed."""
    return _KNOWN[rows].get(re.sub(r"[\W_]+", "", column.casefold()))
