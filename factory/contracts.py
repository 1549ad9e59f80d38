"""The contracts of the fictional world: clauses, contract types and the names that fill a contract.

Every clause has six wordings, one per drafter: 0 modern and plain, 1 traditional, 2 terse, 3 relational, 4 civil-law,
5 business.
Every fact has at least six questions; the last two are paraphrases in other words, to be held out of training.
A is always the party that provides (supplier, licensor), B the party that receives and pays. `category` is the name of
a category of CUAD (Hendrycks et al. 2021, https://arxiv.org/abs/2103.06268) where one fits, else empty. All wording was
written for this world.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from random import Random

from .text import Clause, Fact, Genre
from .values import LEGAL_FORMS, Value, code, company, date, money, number, one_of, percent, person, place

STYLES = 6
CURRENCIES = ("USD", "EUR", "GBP", "CHF")
MONEY_FACTS = {"liability_cap", "insurance_cover", "annual_fee", "deposit", "minimum_spend", "bonus_amount"}
ROLE_STYLES = (1, 2, 4)  # these drafters call the parties by their roles, the others by short company names


def blocks(text: str) -> tuple[str, ...]:
    """Paragraphs of a text, each joined to one line."""
    parts = textwrap.dedent(text).strip().split("\n\n")
    return tuple(" ".join(part.split()) for part in parts)


def listed(text: str) -> Value:
    """A value drawn from a list that is divided by commas."""
    return one_of(*(" ".join(item.split()) for item in text.split(",")))


def fact(name: str, value: Value, questions: str) -> Fact:
    """A fact whose questions stand one to a line."""
    return Fact(name, value, tuple(line.strip() for line in questions.strip().splitlines()))


def clause(key: str, category: str, titles: str, wordings: str, *facts: Fact) -> Clause:
    """A clause with titles divided by ` | ` and one paragraph for each drafter's wording."""
    return Clause(key, category, tuple(titles.split(" | ")), blocks(wordings), facts)


LAWS = listed("""
    England and Wales, Scotland, Ireland, New York, Delaware, California, Texas, Ontario, Quebec, British Columbia,
    Germany, Austria, Switzerland, France, Belgium, Luxembourg, Spain, Portugal, Italy, Greece, Denmark, Norway,
    Sweden, Finland, Iceland, Estonia, Latvia, Lithuania, Poland, Hungary, Slovenia, Malta, Cyprus, Singapore,
    Japan, Hong Kong, New Zealand, Victoria, Queensland, Illinois, Nevada, Washington, Massachusetts, Florida,
    Colorado, the Netherlands
    """)
SEATS = listed("""
    London, Edinburgh, Dublin, Paris, Lyon, Geneva, Zurich, Basel, Vienna, Munich, Hamburg, Frankfurt, Stockholm,
    Oslo, Helsinki, Copenhagen, Brussels, Antwerp, Rotterdam, Madrid, Barcelona, Lisbon, Porto, Milan, Turin,
    Athens, Warsaw, Prague, Budapest, Singapore, Tokyo, Osaka, Toronto, Montreal, Chicago, Boston, Seattle, Atlanta,
    Houston, Denver, Melbourne, Auckland
    """)
TERRITORIES = listed("""
    Portugal, Chile, Japan, Norway, Kenya, Peru, Canada, Mexico, Brazil, Ghana, Morocco, Egypt, Turkey, Poland,
    Hungary, Romania, Bulgaria, Croatia, Serbia, Ukraine, Georgia, India, Nepal, Thailand, Vietnam, Malaysia,
    Indonesia, Australia, New Zealand, South Korea, Taiwan, Uruguay, Argentina, Colombia, Ecuador, Costa Rica,
    Panama, Iceland, Ireland, Finland, Estonia, Latvia, South Africa, Namibia, Botswana, Tanzania, Senegal, Tunisia,
    Jordan, Oman, Qatar
    """)
PURPOSES = listed("""
    staff training, internal testing, trade fairs, product demonstrations, emergency drills, data migration,
    charity work, academic research, quality checks, public tenders, market studies, accident prevention,
    school visits, job interviews, energy audits, supplier reviews
    """)
MATERIALS = listed("""
    operating manuals, training videos, form templates, test scripts, wiring diagrams, process charts, style guides,
    sample reports, safety posters, data models, report layouts, staff checklists, spare parts lists, color charts,
    cleaning instructions, measurement tables
    """)
MISCONDUCT = listed("""
    patent infringement, bribery of officials, child labor, counterfeit parts, forged certificates, soil pollution,
    unpaid wages, tax evasion, price fixing, export violations, illegal dumping of waste, sale of stolen goods,
    misuse of trademarks, false advertising, use of pirated programs, toxic emissions, forced labor, cruelty to animals
    """)
# Without May, which is also a verb.
TEST_MONTHS = listed("January, February, March, April, June, July, August, September, October, November, December")

# In the order in which a contract brings them.
CLAUSES: tuple[Clause, ...] = (
    clause("effective", "Effective Date", "Effective Date | Coming into Effect | Commencement", """
        This agreement takes effect {effective_delay} after the date on which it was signed. Until then neither party
        has to do anything under it, but neither may withdraw from it without the consent of the other.

        This Agreement shall take effect {effective_delay} after the date of its signature, and no obligation shall
        arise hereunder before such time, save that neither party shall be at liberty to withdraw herefrom.

        Date of effect falls {effective_delay} after signature. No duties before that date. Withdrawal before that
        date only with consent of the other party, given in writing.

        Both of us need some time to prepare. We have therefore agreed that our arrangement takes effect
        {effective_delay} after signing, and that {A} and {B} use the time until then to get ready.

        From the date of signature an interval of {effective_delay} elapses before this Agreement enters into force.
        Until that moment no performance may be demanded. Where one of the Parties wishes to withdraw in the meantime,
        it is not entitled to do so by unilateral declaration.

        Day zero is the day of signing, and this contract goes live {effective_delay} later. The time in between is
        for lining up people and systems. {A} and {B} owe each other no work and no money yet, but neither can back
        out alone.
        """, fact("effective_delay", number(3, 60, 1, "days"), """
        How long after signature does {doc} take effect?
        When does {doc} take effect, counted from the date of signature?
        How many days after signing is the effective date of {doc}?
        What time passes between signature of {doc} and its effective date?
        How long after its date of signature does {doc} commence?
        After how many days from signature does {doc} come into effect?
        How soon is {doc} in force once both companies have put their names to it?
        What is the wait between the signing ceremony and the first binding day of {doc}?
        """)),
    clause("term", "Expiration Date", "Term | Initial Term | Duration", """
        This agreement runs for {initial_term} from the date on which it takes effect. We call that time the initial
        term. When it is over, this agreement ends unless it has been renewed or was ended earlier under its own
        terms.

        This Agreement shall commence on the date on which it takes effect and shall, unless sooner terminated in
        accordance herewith, continue in full force for an initial term of {initial_term}, and shall thereupon expire
        save as renewed hereunder.

        Initial term of {initial_term}, counted from the date of effect. Expiry at the end of the initial term without
        further notice, except in case of renewal. Earlier termination only as provided in this Agreement.

        We are entering into this relationship for an initial term of {initial_term}. {A} and {B} expect to work
        together throughout that time, and the arrangement then expires unless we have renewed it or ended it before.

        It is agreed that the initial term, which begins with the entry into force of this Agreement, extends over
        {initial_term}. Where neither renewal nor earlier termination intervenes, the contractual relationship ends
        upon the lapse of that term without further formality.

        Day one is the day this contract goes live. Count {initial_term} from that day and the initial term of this
        contract is over. Then everything stops on its own, unless the contract gets renewed. Getting out sooner works
        only in the ways listed here.
        """, fact("initial_term", number(2, 15, 1, "years"), """
        How long is the initial term of {doc}?
        What is the length of the initial term under {doc}?
        For how many years does {doc} first run?
        What initial term does {doc} set?
        How long does {doc} continue before it expires for the first time, leaving renewals aside?
        What duration does the initial term of {doc} have?
        Before any extension, over what stretch of time are both companies bound by {doc}?
        How many years does {doc} originally last?
        """)),
    clause("expiry", "Expiration Date", "Expiration | Term and Expiry | Duration", """
        This agreement stays in force until the end of {expiry_date} and then expires. It does not renew by itself. If
        the parties want to go on after that date, they have to sign a new agreement.

        This Agreement shall, unless sooner terminated as provided herein, remain in force until {expiry_date},
        whereupon it shall expire without any notice being required, and there shall be no implied renewal hereof.

        Expiry on {expiry_date}, without notice. Automatic renewal excluded. Continued dealings after that date not to
        be understood as an extension of this Agreement. Extension only by written agreement of both parties.

        We know that every project has its time. Ours expires on {expiry_date}, unless we end it before. Well ahead of
        that day, {A} and {B} will sit down to see whether they want a new agreement.

        This Agreement is concluded for a fixed duration, the last day of which, subject to earlier termination, is
        {expiry_date}. No notice is required for it to end. Where the Parties continue their dealings thereafter, a
        tacit renewal may not be inferred from such conduct.

        Mark {expiry_date} in the planner, because this contract ends when that day ends. Nobody sends a reminder, and
        nothing is renewed automatically. To carry on afterward, {A} and {B} need a fresh contract with both
        signatures on it.
        """, fact("expiry_date", date(2027, 2036), """
        When does {doc} expire?
        What is the expiration date of {doc}?
        Until what date does {doc} remain in force?
        On which day does {doc} expire if nobody ends it before?
        What expiry date does {doc} state?
        Up to which date is {doc} in force?
        What is the final calendar day on which {doc} still binds both companies?
        When is {doc} over, assuming that it simply runs its course?
        """)),
    clause("renewal", "Renewal Term", "Renewal | Automatic Renewal | Renewal Term", """
        At the end of the initial term, this agreement renews automatically for a further period of {renewal_term},
        and does so again at the end of each renewal period. The terms stay the same unless the parties change them in
        writing.

        Upon the expiry of the initial term, this Agreement shall be renewed automatically for successive periods of
        {renewal_term} each, upon the same terms and conditions as are set forth herein, unless notice of non-renewal
        shall have been duly given.

        Automatic renewal, each time for {renewal_term}, on unchanged terms. No renewal where notice of non-renewal
        was given in time or where this Agreement has already been terminated.

        We would like this relationship to go on. Once the initial term is over, it is therefore renewed for
        {renewal_term} at a time, on the same terms, unless {A} or {B} has told the other that it does not want to
        renew.

        In the absence of a valid notice of non-renewal, this Agreement is tacitly extended when the initial term
        lapses, and likewise when any renewal period lapses, on each occasion by {renewal_term}. In all other respects
        its conditions remain unchanged.

        Do nothing and the deal keeps going. Whenever a period ends, starting with the initial term, the contract
        renews by itself and picks up another {renewal_term}. All conditions carry on as they are. Only a no from {A}
        or {B}, sent early enough, stops that.
        """, fact("renewal_term", number(9, 66, 3, "months"), """
        For how long does {doc} renew each time?
        What is the renewal term of {doc}?
        How long is each renewal period under {doc}?
        By how much does automatic renewal extend {doc}?
        What length does each successive renewal of {doc} have?
        If nobody objects, for how many months is {doc} renewed?
        How much extra time does every rollover of {doc} add?
        When {doc} gets prolonged, how many additional months does that bring?
        """)),
    clause("nonrenewal", "Notice Period To Terminate Renewal",
           "Notice of Non-Renewal | Non-Renewal | Opting out of Renewal", """
        Either party can stop a renewal. For this, it tells the other party in writing that it does not want to renew,
        at least {renewal_notice} before the current period ends. A later notice does not stop that renewal.

        Either party may prevent any renewal hereof by giving to the other party written notice of non-renewal not
        less than {renewal_notice} prior to the expiry of the period then current, failing which such renewal shall
        take effect.

        Non-renewal by written notice of either party, given at least {renewal_notice} before the end of the current
        period. A late notice counts for the following period only. Form of notice as set out in this Agreement.

        Neither of us should be held in a relationship that no longer fits. If {A} or {B} does not want to renew, it
        says so in writing at least {renewal_notice} before the current period runs out, so that the other can plan.

        Each of the Parties is entitled to decline a renewal by written declaration. A declaration of non-renewal is
        valid only where, at the time it is given, at least {renewal_notice} remain until the end of the current
        period. In the event that it is given late, the renewal takes its course.

        Renewal is the default, so watch the calendar. Take the last day of the current period and go back
        {renewal_notice}, because by then a written no to renewal has to be with the other side. Miss that and {A} and
        {B} carry on for another period.
        """, fact("renewal_notice", number(20, 175, 5, "days"), """
        How much notice stops the renewal of {doc}?
        How long before the end of the period must notice of non-renewal of {doc} be given?
        What is the notice period for non-renewal under {doc}?
        How long before the end of the current period must a party say that it does not want to renew {doc}?
        What notice prevents the automatic renewal of {doc}?
        How far ahead must non-renewal of {doc} be notified?
        To keep {doc} from rolling over, how early does one side have to object?
        What is the deadline for opting out of a prolongation of {doc}?
        """)),
    clause("license", "License Grant", "Grant of License | License | Right of Use", """
        {A} grants {B} a license to use {subject} for its own business for as long as this agreement lasts. The
        license is not exclusive and covers up to {user_count}. Anyone beyond that number needs a further license.

        {A} hereby grants to {B}, and {B} hereby accepts, a non-exclusive license to use {subject} for its internal
        business purposes during the term hereof, which license shall extend to no more than {user_count}.

        License non-exclusive, for internal business use during the term, limited to {user_count}. No right to
        sublicense. No right to copy except for backup. All rights not granted are reserved to {A}.

        We want {subject} to be of real use. For the life of our arrangement, {A} licenses {B} to use it in its own
        business with up to {user_count}, and we talk about a larger license when more are needed.

        The right to use {subject} in the course of its own business is granted to {B} by {A} on a non-exclusive
        basis. The circle of persons entitled to such use under the license comprises at most {user_count}. Where
        access is required for others, {B} is obliged to acquire an additional license beforehand.

        {B} gets to use {subject} in its own business until this contract ends, and {A} can still license others. Set
        up accounts for as many as {user_count} under this license and stop there. Need to go higher? Buy the extra
        licenses first.
        """, fact("user_count", number(10, 9000, 5, "named users"), """
        How many users does the license in {doc} cover?
        What number of users may use the licensed product under {doc}?
        To how many named users is the license limited in {doc}?
        What is the maximum number of users under {doc}?
        Up to how many named users does {doc} allow?
        How many named users does the license granted in {doc} extend to?
        What headcount is permitted to work with the product according to {doc}?
        How many people at the customer can log in without paying for more seats under {doc}?
        """)),
    clause("site", "Non-Transferable License", "Licensed Site | Place of Use | Non-Transferable License", """
        The license cannot be transferred to anyone else. It allows use only at the site of {B} in {site}. To move the
        use to another site, {B} needs the written consent of {A}, which will not be refused without a good reason.

        The license granted hereunder shall be personal and non-transferable, and shall be exercised solely at the
        premises of {B} situated in {site}, save with the prior written consent of {A} first had and obtained.

        License non-transferable and tied to the premises of {B} in {site}. Use at other premises only with prior
        written consent of {A}. Remote access by staff of the licensed site permitted.

        We have thought about where {subject} will be used. Our license is meant for the site of {B} in {site} and
        cannot be passed on. If {B} ever moves, we will find a solution together.

        The license is personal to {B} and may not be transferred. The use of {subject} under this license is confined
        to the establishment which {B} maintains in {site}. In the event that a relocation is intended, the prior
        consent of {A} in writing is required.

        This license stays with {B} and cannot be handed on. Staff of {B} work with {subject} under this license at
        the {site} site and nowhere else. Thinking of moving? Talk to {A} first and get a yes in writing.
        """, fact("site", place, """
        At which site may the license under {doc} be used?
        Where is the licensed site under {doc}?
        To which place is the license in {doc} tied?
        At what premises does {doc} allow the licensed use?
        In which town is the site where {doc} permits use?
        Which site does the non-transferable license in {doc} name?
        In what location must the customer keep working with the product to respect {doc}?
        Which town hosts the only office allowed to run the product under {doc}?
        """)),
    clause("affiliates", "Affiliate License-Licensee", "Use by Affiliates | Affiliates | Group Companies", """
        {B} may let companies of its group use {subject} on the same terms, up to {affiliate_count} at the same time.
        Before a group company starts, {B} tells {A} its name, and {B} answers for what that company does.

        The rights of {B} hereunder shall extend to such of its group companies as it may nominate in writing, not
        exceeding {affiliate_count} at any one time, and {B} shall be answerable for their acts and omissions.

        Use by group companies of {B} permitted, limited to {affiliate_count} at a time. Names to be notified in
        writing before first use. Responsibility for their conduct remains with {B}.

        We see our groups as part of the relationship. As many as {affiliate_count} of {B} may therefore use {subject}
        at the same time as well, provided that {A} hears their names first and that {B} stands behind them.

        Where members of the group of {B} are to participate in the use of {subject}, such participation is open to
        {affiliate_count} simultaneously and to no more. Their names are communicated to {A} in writing beforehand,
        and {B} is liable for their conduct as for its own.

        {B} may share {subject} inside its group on the same terms. Keep the list of group companies with access at
        {affiliate_count} or fewer at any moment, and send each new name to {A} before the company starts. If one of
        them breaks the rules, the problem lands with {B}.
        """, fact("affiliate_count", number(2, 60, 1, "affiliates"), """
        How many affiliates may use the rights under {doc}?
        To how many affiliates does the right of use in {doc} extend?
        What is the largest number of affiliates that may join the use under {doc}?
        How many group companies may share the use under {doc} at one time?
        What limit does {doc} set for use by affiliates?
        Up to how many affiliates are covered by {doc} at the same time?
        How many sister firms of the customer can benefit from {doc}?
        How many subsidiaries and sister firms is the customer free to let in on {doc}?
        """)),
    clause("escrow", "Source Code Escrow", "Source Code Escrow | Escrow", """
        {A} deposits the source code of {subject} with {escrow_agent}, which holds it in escrow. A fresh copy follows
        within {deposit_time} of each new release. The agent hands the code to {B} if insolvency stops {A} from
        maintaining it.

        {A} shall lodge the source code of {subject} in escrow with {escrow_agent}, and shall lodge an updated copy
        within {deposit_time} of every new release. || Such code shall be released to {B} in the event that {A}
        becomes insolvent.

        Source code of {subject} to be held in escrow by {escrow_agent}. || Update of the deposit within
        {deposit_time} of each new release. Handover to {B} on insolvency of {A}, for maintenance only.

        We want {B} to feel safe. The source code of {subject} is therefore kept in escrow by {escrow_agent}. ||
        Whenever there is a new release, {A} updates the deposit within {deposit_time}, and {B} gets the code if {A}
        goes under.

        It is agreed that {escrow_agent} acts as depositary and keeps the source code of {subject} in escrow. || Where
        a new release is issued, {A} is obliged to renew the deposit of source code, for which it has {deposit_time}
        from the release. Where {A} becomes insolvent, {B} is entitled to the code.

        {escrow_agent} looks after the source code of {subject} in escrow. || After a new release goes out, the
        matching source code follows into escrow, and {A} gets that done in {deposit_time} or less. If {A} can no
        longer pay its debts, {B} collects the code and does its own maintenance.
        """, fact("escrow_agent", company, """
        Who holds the source code in escrow under {doc}?
        Which company is the escrow agent under {doc}?
        With whom is the source code deposited under {doc}?
        Which escrow agent does {doc} name?
        Where is the source code kept in escrow according to {doc}?
        What is the name of the escrow agent in {doc}?
        Which neutral third firm safeguards the program text under {doc}?
        Whom would the customer approach for the developer's files after a bankruptcy, according to {doc}?
        """), fact("deposit_time", number(5, 60, 1, "days"), """
        How soon after a new release must the escrow deposit be updated under {doc}?
        Within what time of a release does {doc} require a fresh copy of the source code in escrow?
        How many days after each release is the source code deposited under {doc}?
        What time does {doc} allow for updating the source code deposit?
        Within how many days of a new release must the escrow copy be renewed under {doc}?
        How long after a release does {doc} give for the new deposit of source code?
        How stale can the safeguarded program text get after a new version appears, under {doc}?
        When a new version ships, how quickly does the safeguarded program text have to catch up under {doc}?
        """)),
    clause("exclusivity", "Exclusivity", "Exclusivity | Exclusive Territory | Territory", """
        In {territory}, {A} does business in {subject} with nobody other than {B} while this agreement lasts. Outside
        that exclusive territory, {A} remains free to deal with anyone. Requests from the territory are passed on to
        {B}.

        During the term hereof, {A} shall not do business in {subject} within {territory} with any person other than
        {B}, and shall refer to {B} all inquiries which it may receive from the said exclusive territory.

        Exclusivity for {B} in {subject} within {territory}, for the whole term. Elsewhere, no restriction on {A}.
        Inquiries from the exclusive territory to be forwarded to {B} without delay.

        We rely on each other in the market. As long as we work together, {A} deals in {territory} with {B} alone when
        it comes to {subject}, and sends anyone who asks there to {B}.

        It is agreed that {territory} constitutes the exclusive territory of {B} in respect of {subject} for as long
        as this Agreement is in force. In that area {A} is obliged to refrain from transactions with third persons,
        and where inquiries from there reach it, they are to be passed to {B}.

        When it comes to {subject}, {A} leaves {territory} exclusively to {B} until this contract ends. Anyone else
        who calls from there gets a polite no and the phone number of {B}. Everywhere else, {A} deals with whomever it
        wants.
        """, fact("territory", TERRITORIES, """
        In which territory is {doc} exclusive?
        For which territory does {doc} grant exclusivity?
        What is the exclusive territory under {doc}?
        Where does {doc} give exclusivity?
        Which country is the exclusive territory of {doc}?
        What territory is covered by the exclusivity in {doc}?
        In what country is the provider barred from having other partners by {doc}?
        Which market does {doc} reserve for one company?
        """)),
    clause("noncompete", "Non-Compete", "Non-Compete | Restriction on Competition | Competing Business", """
        While this agreement lasts and for {noncompete_time} after it ends, {B} does not run, own or support a
        business that competes with {A} in {subject}. Holding listed shares as a mere investment is allowed.

        {B} shall not, during the term hereof and for a period of {noncompete_time} following the termination or
        expiry hereof, directly or indirectly carry on or be engaged in any business competing with that of {A} in
        {subject}.

        Competing business in {subject} prohibited to {B} during the term and for {noncompete_time} after its end.
        Passive holdings in listed companies permitted. Duty extends to companies controlled by {B}.

        We open our books and methods to each other, so a fair rule is needed. {B} has agreed not to compete with {A}
        in {subject} while we work together and for {noncompete_time} after that.

        Where the contractual relationship has ended, for whatever reason, the prohibition of competition with {A} in
        the field of {subject} continues to bind {B} for {noncompete_time}. During the relationship itself that
        prohibition applies throughout. The mere holding of listed shares is not regarded as competition.

        {B} does not go up against {A} in {subject} before this contract is over. Nor does {B} get into competing
        business right after the contract ends, because it has to sit out {noncompete_time} first. Holding a few
        listed shares is fine.
        """, fact("noncompete_time", number(3, 48, 1, "months"), """
        How long does the non-compete last after the end of {doc}?
        For what time after {doc} ends is competing business prohibited?
        What is the length of the non-compete in {doc} after termination?
        How many months of non-compete follow the end of {doc}?
        For how long after termination of {doc} must a party not compete?
        What period does {doc} set for the ban on competing after the end?
        How soon after leaving {doc} can the former partner open a rival company?
        Once {doc} is history, how long is setting up as a rival off limits?
        """)),
    clause("minimum", "Minimum Commitment", "Minimum Commitment | Minimum Purchase | Minimum Volume of Business", """
        In each contract year, {B} orders {subject} from {A} for at least {minimum_spend}. || If the orders of a year
        stay below that minimum, {B} pays {A} {shortfall_share} of the shortfall within the following month.

        {B} undertakes that its purchases hereunder shall in every contract year amount to not less than
        {minimum_spend}. || Should such minimum not be attained, {B} shall pay to {A} a sum equal to {shortfall_share}
        of the shortfall.

        Minimum purchases of {B} of {minimum_spend} in every contract year. || In case of shortfall, payment by {B} of
        {shortfall_share} of the missing amount. No other remedy for missing the minimum.

        Planning needs a floor. We have agreed that {B} buys for no less than {minimum_spend} in each contract year.
        || Should a year fall short, {B} makes up for it by paying {shortfall_share} of the shortfall.

        A sum of {minimum_spend} constitutes the minimum value of the orders for {subject} which {B} is obliged to
        place in each contract year. || Where the orders placed in such a year do not attain that minimum, {A} is
        entitled to claim {shortfall_share} of the difference, to the exclusion of all further claims on this account.

        {B} has a firm minimum to meet. Its orders for {subject} have to add up to {minimum_spend} or more over each
        contract year. || Miss the minimum and the payment from {B} to {A} is {shortfall_share} of whatever is
        missing. That settles the matter for the year.
        """, fact("minimum_spend", money(20_000, 5_000_000, 5_000), """
        What is the minimum purchase per contract year under {doc}?
        What minimum commitment does {doc} contain?
        For how much must be purchased at least in each contract year under {doc}?
        What is the annual minimum of purchases in {doc}?
        To what minimum amount of orders per contract year does {doc} commit a party?
        How high is the minimum commitment per contract year in {doc}?
        What is the least that the customer has to spend annually under {doc}?
        Below what yearly spending is the customer in default of its promise under {doc}?
        """), fact("shortfall_share", percent(10, 95, 5), """
        What share of the shortfall must be paid under {doc}?
        What percentage of a shortfall against the minimum is payable under {doc}?
        How much of the shortfall does {doc} make a party pay?
        If the minimum is missed, what percentage of the missing amount is due under {doc}?
        What part of the shortfall is payable when the minimum under {doc} is not reached?
        What percentage does {doc} apply to a shortfall in purchases?
        When the customer spends too little in a year, what fraction of the gap does {doc} make it cover?
        What fraction of the gap is charged for ordering too little under {doc}?
        """)),
    clause("volume", "Volume Restriction", "Volume Limit | Maximum Quantity | Capacity", """
        {A} keeps enough capacity for the needs of {B}, but does not have to provide more than {volume_limit} in any
        one month. An order above that limit is binding only once {A} has accepted it in writing.

        {A} shall not be obliged to provide hereunder more than {volume_limit} in any calendar month, and any order in
        excess of such quantity shall bind {A} only upon its written acceptance thereof.

        Maximum quantity of {volume_limit} per calendar month. Orders above the maximum quantity subject to written
        acceptance by {A}. Unused quantity not carried forward to later months.

        We know that capacity has its limits. In any month, {B} can count on up to {volume_limit}, and when it needs a
        larger quantity, {A} will say honestly whether it can be done.

        It is agreed that {A} holds sufficient capacity available for {B}. Where the orders of any calendar month
        exceed a total of {volume_limit}, {A} is entitled to decline the excess, which becomes binding solely upon its
        acceptance in writing.

        {A} keeps room in its schedule for {B}. The order book for any month is full at {volume_limit}, and beyond
        that quantity {A} can say no. Need more? Ask early, and count on the extra quantity only after a yes in
        writing.
        """, fact("volume_limit", number(200, 90_000, 100, "units"), """
        What is the maximum quantity per month under {doc}?
        How many units per month need to be provided at most under {doc}?
        What monthly volume limit does {doc} set?
        Up to what quantity in a month are orders under {doc} covered without written acceptance?
        What is the volume limit in {doc}?
        Above what quantity per month does an order under {doc} need written acceptance?
        How big can demand get in four weeks or so before the provider is free to refuse it under {doc}?
        What ceiling on output per month does {doc} have?
        """)),
    clause("delivery", "", "Delivery | Lead Time and Delivery | Place of Delivery", """
        {A} delivers {subject} within {lead_time} of receiving an order. || Delivery takes place at the warehouse of
        {B} in {delivery_place}. Risk passes to {B} when the goods have been unloaded there.

        {A} shall deliver {subject} within {lead_time} of the receipt of each order. || Delivery shall be made to the
        warehouse of {B} at {delivery_place}, and risk therein shall pass to {B} upon completion of unloading.

        Lead time of {lead_time} from receipt of order. || Place of delivery is the warehouse of {B} in
        {delivery_place}. Risk passes on unloading. Partial deliveries permitted where announced in advance.

        We keep goods moving without fuss. From the day an order arrives, {A} has {lead_time} to deliver. || The goods
        go to the warehouse of {B} in {delivery_place}, and from unloading on they are at the risk of {B}.

        Upon receipt of an order, a delivery period of {lead_time} begins to run, within which {A} is obliged to
        deliver {subject}. || The place of performance for all deliveries is the warehouse which {B} maintains in
        {delivery_place}. Where unloading has been completed there, {B} bears the risk.

        The clock starts when {A} receives an order for {subject}, and delivery has to be done before {lead_time} are
        up. || Drivers unload every delivery at the {delivery_place} warehouse of {B}. Loss or damage is a matter for
        {A} until unloading is finished and for {B} after that.
        """, fact("lead_time", number(2, 26, 1, "weeks"), """
        What is the lead time for deliveries under {doc}?
        Within what time of an order must delivery be made under {doc}?
        How many weeks after receipt of an order is delivery due under {doc}?
        What lead time does {doc} set?
        How long does {doc} allow for delivery once an order has been received?
        How long is the time from order to delivery in {doc}?
        How patient does a customer need to be after placing a request for goods under {doc}?
        How quickly does {doc} promise that requested goods arrive?
        """), fact("delivery_place", place, """
        In which town does {doc} have goods delivered?
        Which town is the place of delivery under {doc}?
        To which town must deliveries under {doc} be made?
        In which town is the warehouse to which {doc} requires delivery?
        Which town does {doc} name as the place of delivery?
        In which town does {doc} say that goods are unloaded?
        To what town are shipments sent according to {doc}?
        To which town do the trucks go with shipments made under {doc}?
        """)),
    clause("delay", "Liquidated Damages", "Late Delivery | Liquidated Damages | Delay", """
        If a delivery is late, {A} pays {B} liquidated damages of {delay_rate} of the price of the late goods for each
        full week of delay. || These damages for delay stop at {delay_maximum} of that price. No further compensation
        is due for the delay.

        In the event of late delivery {A} shall pay to {B}, as liquidated damages and not as a penalty, {delay_rate}
        of the price of the delayed goods per week of delay. || Such damages for delay shall in no case exceed
        {delay_maximum} of the said price.

        Liquidated damages for late delivery of {delay_rate} of the price of the late goods per week. || Upper limit
        of {delay_maximum} of that price. Payable by {A} on demand. Other claims for the delay excluded.

        Delays cost both of us money. For each week that a delivery is late, {A} credits {B} with {delay_rate} of its
        price as liquidated damages. || We have agreed that these damages end at {delay_maximum} of the price.

        In the event that delivery occurs late, {B} is entitled, without proof of loss, to liquidated damages for
        every week of delay, calculated at {delay_rate} of the price of the goods concerned. || It is agreed that
        {delay_maximum} of that price constitutes the upper limit of liquidated damages for delay. Further claims on
        this account are excluded.

        Every week of late delivery knocks {delay_rate} off the price of the goods in question, and {A} credits that
        to {B} as liquidated damages. || The meter on damages stops when the deductions for late delivery have reached
        {delay_maximum} of the price. After that, more delay costs {A} nothing extra.
        """, fact("delay_rate", percent(0.2, 2.8, 0.1), """
        What liquidated damages are due per week of delay under {doc}?
        What percentage of the price is payable for each week of late delivery under {doc}?
        At what weekly rate do liquidated damages run under {doc}?
        How much does a week of delay in delivery cost under {doc}?
        What weekly rate of liquidated damages does {doc} set?
        Which percentage per week of delay does {doc} provide for?
        For every seven days that goods are overdue, what does the provider forfeit under {doc}?
        How fast does compensation grow while goods are overdue under {doc}?
        """), fact("delay_maximum", percent(10, 50, 5), """
        What is the maximum of liquidated damages for delay under {doc}?
        At what percentage of the price do damages for delay stop under {doc}?
        What upper limit does {doc} set for liquidated damages?
        Up to what share of the price can damages for late delivery rise under {doc}?
        What percentage of the price do liquidated damages under {doc} never exceed?
        Which limit applies to the damages for late delivery in {doc}?
        However overdue goods are, what portion of their price is the ceiling for compensation under {doc}?
        Beyond what portion of the price does compensation for overdue goods no longer grow under {doc}?
        """)),
    clause("acceptance", "", "Acceptance | Inspection and Acceptance | Acceptance Tests", """
        {B} inspects what it receives and tells {A} about visible defects in writing within {inspection_time} of
        receipt. Whatever has not been rejected by then counts as accepted. Hidden defects stay covered by the law.

        {B} shall inspect all that is provided hereunder and shall notify {A} of any apparent defect within
        {inspection_time} of receipt, failing which the same shall be deemed to have been accepted.

        Inspection period of {B} of {inspection_time} from receipt. Rejection in writing, with reasons. Silence during
        the inspection period counts as acceptance. Use in daily business counts as acceptance too.

        We prefer to hear about problems early. After receipt, {B} takes no more than {inspection_time} for its
        inspection and tells {A} what is wrong. If nothing is said, we treat what was received as accepted.

        Whatever {A} provides is to be inspected by {B} upon receipt. In the event that no written rejection for
        apparent defects is made before {inspection_time} have elapsed from receipt, acceptance is considered to have
        taken place. Hidden defects are not affected thereby.

        {B} checks everything as soon as it comes in. The inspection clock runs out {inspection_time} after receipt,
        so any list of visible defects has to be with {A} in writing by then. Say nothing and all of it is accepted.
        """, fact("inspection_time", number(2, 40, 1, "business days"), """
        How long is the inspection period under {doc}?
        Within what time of receipt must apparent defects be notified under {doc}?
        How much time does {doc} give for inspection and rejection?
        After what time without rejection does something count as accepted under {doc}?
        What inspection period does {doc} set?
        How many business days after receipt does acceptance occur by silence under {doc}?
        How long can the customer wait before complaining that what arrived looks wrong, under {doc}?
        What window for examining what arrived does {doc} open?
        """)),
    clause("warranty", "Warranty Duration", "Warranty | Warranty Period | Quality Warranty", """
        {A} warrants for {warranty_time} from delivery that {subject} will be free of defects and meet the agreed
        description. Defects reported in that time are repaired at no cost to {B}. Wear and tear is not a defect.

        {A} warrants that {subject} shall conform to the agreed description and be free from defects for a period of
        {warranty_time} from delivery, and shall make good at its own expense any defect notified within such period.

        Warranty period of {warranty_time} from delivery. Remedy is repair or replacement at the cost of {A}. Fair
        wear and tear and misuse excluded. Statutory rights unaffected.

        We stand behind our promises. For {warranty_time} from delivery, {A} warrants that {subject} will be as we
        described, and it repairs or replaces whatever proves defective in that time.

        Where a defect in {subject} appears and is reported before {warranty_time} have elapsed from delivery, {A} is
        obliged under its warranty to repair or replace what is defective, without cost to {B}. Deviations from the
        agreed description rank as defects, whereas normal wear does not.

        Delivery day is the start of the warranty on {subject}, and {warranty_time} later the warranty is over. In
        between, {A} puts right every defect that {B} reports, and pays for the work itself. Normal wear and misuse
        are not covered.
        """, fact("warranty_time", number(6, 72, 1, "months"), """
        How long is the warranty under {doc}?
        What is the warranty period in {doc}?
        For how many months from delivery does the warranty in {doc} last?
        What duration does the warranty in {doc} have?
        For how long does {doc} warrant freedom from defects?
        What warranty period does {doc} set from delivery?
        For how long are faulty items fixed free of charge under {doc}?
        How long after arrival will the provider still mend faulty items for nothing according to {doc}?
        """)),
    clause("uptime", "", "Availability | Service Level | Uptime", """
        {A} keeps the service available for at least {uptime} of each calendar month, planned maintenance not counted.
        || In a month in which it misses that level, {A} credits {B} with {uptime_credit} of the fee for that month.

        {A} shall procure that the service be available for not less than {uptime} of every calendar month, excluding
        scheduled maintenance. || Upon any failure so to do, {B} shall be entitled to a credit of {uptime_credit} of
        the fee for such month.

        Availability of at least {uptime} per calendar month, scheduled maintenance excluded. || Service credit for a
        missed month of {uptime_credit} of its fee, set off against the next invoice.

        We both depend on a service that runs. {A} has promised availability of {uptime} in every calendar month. ||
        When a month falls below that, we settle it simply with a credit of {uptime_credit} of the monthly fee.

        Measured over each calendar month, and leaving planned maintenance out of account, the availability of the
        service owed by {A} amounts to at least {uptime}. || Where the agreed availability is not attained, the fee
        for the month concerned is reduced by {uptime_credit}, by way of a service credit to {B}.

        Every month {A} measures the availability of the service, without planned maintenance, and the result has to
        be {uptime} or better. || A month of too little availability means {uptime_credit} off the monthly fee. {A}
        credits this on its own, so {B} need not ask.
        """, fact("uptime", percent(97, 99.9, 0.1), """
        What availability does {doc} promise?
        What is the minimum availability per month under {doc}?
        At what percentage of each month must the service be available under {doc}?
        What uptime does {doc} require?
        Which level of availability is agreed in {doc}?
        How high must availability be in a calendar month under {doc}?
        What proportion of the time does the system have to be reachable according to {doc}?
        How dependable must the system be, as a percentage of the hours, under {doc}?
        """), fact("uptime_credit", percent(10, 45, 5), """
        What credit is due for a month with too little availability under {doc}?
        What share of the monthly fee is credited when availability is missed under {doc}?
        How high is the service credit in {doc}?
        What percentage of the fee does {doc} credit for a missed month?
        Which service credit does {doc} give when the service level is missed?
        How much of the fee for a month is credited under {doc} if the service was not available enough?
        What discount does the customer get for excessive downtime under {doc}?
        How is the customer made whole for downtime under {doc}, as a portion of the bill?
        """)),
    clause("response", "", "Response Times | Support | Faults and Response", """
        {B} can report faults at any hour. {A} starts work on a critical fault within {response_time} of the report
        and keeps at it until the fault is removed. Other faults are dealt with during normal working hours.

        Upon the report of any critical fault, {A} shall commence work thereon within {response_time} and shall
        continue diligently until the same is remedied, all other faults being attended to during normal working
        hours.

        Response time for critical faults of {response_time} from report. Work to continue until the fault is removed.
        Other faults during normal working hours. Reports by telephone or online.

        We know how much a breakdown hurts. When {B} reports a critical fault, {A} responds within {response_time} and
        does not let go before it is solved. Smaller faults wait for normal working hours.

        It is agreed that faults may be reported at all hours. Where a reported fault is critical, no more than
        {response_time} may elapse between the report and the start of work by {A}, which then continues without
        interruption. In all other cases normal working hours apply.

        {B} calls {A} as soon as something critical breaks, day or night. Someone qualified at {A} has to be working
        on the critical fault before {response_time} have gone by since the report, and stays on it until everything
        runs again. Minor faults are handled in normal working hours.
        """, fact("response_time", number(2, 36, 1, "hours"), """
        What is the response time for critical faults under {doc}?
        Within how many hours must work on a critical fault start under {doc}?
        How soon after the report of a critical fault does {doc} require a response?
        What response time does {doc} set?
        How long may it take until work on a critical fault begins under {doc}?
        Within what time of a report is a critical fault attended to under {doc}?
        In an emergency breakdown, how fast does help have to arrive according to {doc}?
        How long can an urgent outage go unattended under {doc}?
        """)),
    clause("lead", "", "Project Lead | Key Person | Staff", """
        {A} has the work led by {lead_person}, who knows the needs of {B} best. It replaces this project lead only for
        a good reason, such as illness or departure, and only by someone of equal skill.

        The performance hereof shall be directed on behalf of {A} by {lead_person} as project lead, who shall not be
        replaced except for good cause and by a person of equal competence.

        Project lead of {A} is {lead_person}. Replacement only for good cause, by a person of equal skill. Other staff
        at the choice of {A}. Access to the premises of {B} on request.

        People make projects work. We are glad that {lead_person} will be the project lead for {A}, and we have agreed
        that nobody else takes over this role unless there is a good reason.

        The function of project lead, which comprises the direction of the work on the part of {A}, is conferred upon
        {lead_person}. Where a replacement becomes unavoidable for an important reason, {A} is obliged to designate a
        successor of equal qualification.

        {lead_person} runs the work for {B} as project lead of {A}, from start to finish. {A} does not hand this role
        to someone else just because it suits. If sickness or a resignation forces a change, a person who is just as
        good steps in.
        """, fact("lead_person", person, """
        Who is the project lead under {doc}?
        Who leads the work under {doc}?
        Which person does {doc} name as project lead?
        By whom is the work under {doc} led?
        Who directs the performance of {doc} as project lead?
        What is the name of the project lead in {doc}?
        Which individual heads the team that does the job under {doc}?
        Who is in charge of the provider's team according to {doc}?
        """)),
    clause("fee", "", "Fees | Annual Fee | Fee", """
        {B} pays {A} a fee of {annual_fee} for each year of this agreement. The fee is invoiced in advance and does
        not include value added tax. It already contains all expenses of {A}.

        In consideration hereof {B} shall pay to {A} an annual fee of {annual_fee}, exclusive of value added tax,
        which shall be invoiced yearly in advance and shall be deemed to include all expenses of {A}.

        Annual fee of {annual_fee}, net of value added tax. Invoiced yearly in advance. Expenses included. Refund pro
        rata for any time after early termination by {A}.

        Good work deserves fair pay. For each year of our arrangement, {B} pays {A} an annual fee of {annual_fee}, to
        which value added tax is added. We have agreed that no expenses come on top.

        As remuneration for its performance {A} is entitled to an annual fee, the amount of which, before the addition
        of value added tax, the Parties fix at {annual_fee}. The invoice is issued in advance for each contract year.
        Where expenses arise, they are borne by {A}.

        Budget {annual_fee} plus value added tax for each contract year, because that is the fee that {B} pays {A}.
        The invoice comes before the year begins. Travel and other expenses are already in that figure, so {A} does
        not bill them separately.
        """, fact("annual_fee", money(5_000, 900_000, 500), """
        What is the annual fee under {doc}?
        How high is the fee per year in {doc}?
        What fee must be paid for each year of {doc}?
        Which annual fee does {doc} set?
        How much is invoiced as the fee for a year under {doc}?
        What yearly fee have the parties to {doc} agreed?
        What does the customer regularly spend every twelve months for what it gets under {doc}?
        What is the price tag for twelve months of {doc}?
        """)),
    clause("deposit", "", "Security Deposit | Deposit | Security", """
        When this agreement takes effect, {B} gives {A} a security deposit of {deposit}. The deposit earns no
        interest. It is returned at the end of this agreement, less any amount that {B} still owes.

        {B} shall, upon this Agreement taking effect, lodge with {A} a security deposit in the sum of {deposit}, which
        shall be refunded without interest upon the end hereof, less any sum then owing.

        Security deposit of {deposit}, payable by {B} on the date of effect. No interest on the deposit. Return at the
        end of this Agreement after deduction of sums still owed.

        Trust grows with time. To begin with, {B} has agreed to leave a security deposit of {deposit} with {A}, which
        gives it back at the end of our arrangement, less whatever is still open.

        As soon as this Agreement enters into force, an amount of {deposit} is due from {B} to {A} by way of a security
        deposit. Where obligations of {B} remain open at the end of the Agreement, {A} is entitled to set them off, and
        only the balance is returned. Interest does not accrue.

        On the day this contract goes live, {B} wires {deposit} to {A}, which holds it as a security deposit. {A} sends
        it back when the contract ends and takes off anything still unpaid. Nobody earns interest on it.
        """, fact("deposit", money(2_000, 250_000, 500), """
        How high is the security deposit under {doc}?
        What security deposit does {doc} require?
        What sum must be lodged as a deposit under {doc}?
        How much is the deposit in {doc}?
        Which amount does {doc} set as security deposit?
        What deposit is payable when {doc} takes effect?
        How much money is parked with the provider as a guarantee under {doc}?
        What collateral in cash does {doc} demand at the start?
        """)),
    clause("orders", "", "Orders and References | Reference | Correspondence", """
        Every order, invoice and delivery note under this agreement quotes the reference {order_reference}. A document
        without it may be sent back, and any time limit then starts only when the corrected document arrives.

        All orders, invoices and delivery notes issued hereunder shall bear the reference {order_reference}, and any
        document not so marked may be returned and shall be deemed not to have been received.

        Reference {order_reference} to be quoted on every order, invoice and delivery note. Documents without the
        reference may be returned. Time limits run from receipt of the corrected document.

        We both handle a lot of paper. So that nothing gets lost, {A} and {B} quote the reference {order_reference} on
        each order, invoice and delivery note, and we may return whatever lacks it.

        In order that documents can be matched with certainty, the Parties mark every order, every invoice and every
        delivery note with the reference {order_reference}. Where that indication is missing, the recipient is entitled
        to refuse the document, and time limits run only from receipt of a complete one.

        {order_reference} is the reference to use, and it goes at the top of each order, each invoice and each delivery
        note. Leave it off and the document comes straight back, and any deadline waits until a correct one arrives.
        """, fact("order_reference", code(), """
        What reference must be quoted on orders and invoices under {doc}?
        Which reference do documents under {doc} bear?
        What is the reference for orders under {doc}?
        Which reference does {doc} require on invoices and delivery notes?
        What reference has to be quoted under {doc}?
        Under what reference are orders placed according to {doc}?
        What identifier belongs on all paperwork relating to {doc}?
        Which code has to be printed on paperwork so that it is not rejected under {doc}?
        """)),
    clause("payment", "", "Payment | Invoices and Payment | Payment Terms", """
        {B} pays each correct invoice within {payment_term} of receiving it. || If a payment is late, {B} also pays
        interest on the overdue amount at {late_rate} per month until the money arrives. Nothing else is charged for
        late payment.

        All sums properly invoiced hereunder shall be paid by {B} within {payment_term} of receipt of the invoice. ||
        Any sum not paid when due shall bear interest at the rate of {late_rate} per month from the due date until
        actual payment.

        Payment term of {payment_term} from receipt of a correct invoice. || Interest of {late_rate} per month on
        overdue amounts, from due date to date of payment. Disputed items to be notified in writing; undisputed items
        payable.

        We value prompt payment. {A} sends clear invoices, and {B} pays them within {payment_term} of receipt. ||
        Where an invoice is not paid on time, we have agreed on interest of {late_rate} per month on the overdue sum.

        Where an invoice complies with this Agreement, its amount falls due {payment_term} after {B} has received the
        invoice. || In the event of default, the outstanding amount bears interest, which accrues at a rate of
        {late_rate} for each month until {A} has been paid in full. Further claims for late payment are excluded.

        {B} has {payment_term} from the day an invoice arrives to get it paid. An invoice with errors goes back, and
        the clock starts again with the corrected one. || Pay late and it costs more, because every month {A} adds
        {late_rate} of the overdue amount as interest.
        """, fact("payment_term", number(7, 120, 1, "days"), """
        Within what time must invoices be paid under {doc}?
        How many days after receipt is an invoice due under {doc}?
        What is the payment term in {doc}?
        How long does the paying party have to pay an invoice under {doc}?
        When are invoices due under {doc}, counted from receipt?
        What payment period does {doc} set for invoices?
        How quickly does a bill have to be settled according to {doc}?
        How long may the customer take before transferring the money billed under {doc}?
        """), fact("late_rate", percent(0.4, 4, 0.1), """
        What interest is due on late payments under {doc}?
        At what rate does overdue money bear interest under {doc}?
        What is the monthly interest on overdue invoices in {doc}?
        What rate of interest does {doc} set for late payment?
        How much interest per month does {doc} charge on overdue sums?
        Which interest rate applies when a payment under {doc} is late?
        What surcharge grows each month on a bill left unsettled under {doc}?
        What does tardiness in settling bills cost monthly under {doc}, as a percentage?
        """)),
    clause("price", "Price Restrictions", "Price Changes | Price Adjustment | Price Increases", """
        {A} may raise its prices once in each contract year, by no more than {price_increase}. || It announces the new
        prices in writing at least {price_notice} before they apply. Orders already accepted keep the old prices.

        {A} shall be entitled to increase its prices not more than once in any contract year, and no such increase
        shall exceed {price_increase}. || Written notice of any increase shall be given not less than {price_notice}
        in advance.

        Price increases limited to {price_increase} in any contract year. || Announcement of new prices in writing, at
        least {price_notice} ahead. Accepted orders at old prices. Price cuts possible at any time.

        We want prices to be predictable. Once in a contract year, {A} may increase them by up to {price_increase}. ||
        So that {B} can plan, new prices are announced in writing at least {price_notice} before they start.

        Where {A} intends to raise its prices, no more than {price_increase} may be added to them in any one contract
        year. || A period of at least {price_notice} lies between the written notification of new prices to {B} and the
        day on which they become effective. Orders confirmed earlier are not affected.

        {A} gets one chance in each contract year to put its prices up, and {price_increase} is the most it can add. ||
        {B} needs time to budget. {A} writes to {B} about the new prices at least {price_notice} ahead of the first day
        they count. Orders that were confirmed before then stay at the old price.
        """, fact("price_increase", percent(1.5, 12, 0.25), """
        By how much may prices rise in a contract year under {doc}?
        What is the limit on price increases in {doc}?
        What is the largest price increase that {doc} allows in a contract year?
        To what percentage are price increases limited under {doc}?
        What increase of prices per contract year does {doc} permit?
        Up to what percentage may prices be increased under {doc}?
        How much more expensive can things become from one year to the next under {doc}?
        What is the steepest annual markup that the customer could face under {doc}?
        """), fact("price_notice", number(3, 30, 1, "weeks"), """
        How long in advance must new prices be announced under {doc}?
        What notice of a price increase does {doc} require?
        How many weeks before they apply are new prices announced under {doc}?
        How much notice of an increase in prices must be given under {doc}?
        With what notice may prices be increased under {doc}?
        At least how long before they start must new prices be notified under {doc}?
        How much warning does the customer get that things will become more expensive under {doc}?
        Before charging more, how early does the provider have to speak up under {doc}?
        """)),
    clause("mfn", "Most Favored Nation", "Most Favored Customer | Best Price | Most Favored Terms", """
        {A} does not give any comparable customer a better price than {B}. If it turns out that it did, {A} credits
        the difference to {B} within {mfn_time} of finding out, for all affected orders.

        {A} warrants that the prices charged hereunder shall be no less favorable than those granted to any comparable
        customer, and shall within {mfn_time} of discovering any breach hereof credit the difference to {B}.

        Most favored customer status for {B}. Difference to any better price granted to a comparable customer to be
        credited within {mfn_time} of discovery. Prices for tests and trials excluded from the comparison.

        We treat each other as preferred partners. If a comparable customer ever gets a better price, {A} credits {B}
        with the difference within {mfn_time} of noticing it, and without being asked.

        As regards prices, {B} is entitled to be treated no less favorably than any comparable customer of {A}. In the
        event that a comparable customer is found to enjoy a better price, the difference is to be credited to {B}, for
        which {A} has {mfn_time} from the discovery.

        {B} always gets the best price among customers of its kind. If {A} spots that a comparable customer got a
        better price, the clock starts that day, and {A} has {mfn_time} from spotting it to issue {B} a credit for the
        difference. Nobody has to chase.
        """, fact("mfn_time", number(5, 60, 1, "days"), """
        Within what time must the difference to a better price be credited under {doc}?
        How soon is the price difference credited under the most favored customer clause of {doc}?
        How many days does {doc} allow for crediting a better price given to a comparable customer?
        What time does {doc} set for crediting the difference when another customer got a better price?
        When must the difference be credited after discovery of a better price under {doc}?
        How long after discovery does {doc} allow for the most favored customer credit?
        If someone else was charged less, how quickly is that made good under {doc}?
        How promptly is a refund owed under {doc} once it emerges that a rival bought cheaper?
        """)),
    clause("revenue", "Revenue/Profit Sharing", "Revenue Share | Royalties | Share of Revenue", """
        {B} pays {A} {revenue_share} of its net revenue from {subject}. || For each calendar quarter, {B} sends a
        statement of that revenue within {statement_time} of the end of the quarter and pays the share together with
        it.

        {B} shall pay to {A} a royalty equal to {revenue_share} of the net revenue derived by it from {subject}. || A
        true statement of such net revenue shall be rendered within {statement_time} of the end of each calendar
        quarter.

        Revenue share of {A} at {revenue_share} of the net revenue of {B} from {subject}. || Statement of net revenue
        and payment for each calendar quarter within {statement_time} of its end. Taxes and returns deducted from
        revenue.

        We share in success. {A} receives {revenue_share} of the net revenue that {B} earns with {subject}. || After
        each calendar quarter, we expect the statement of {B} within {statement_time}, and the payment with it.

        It is agreed that {A} participates in the net revenue which {B} generates with {subject}, its share amounting
        to {revenue_share}. || For each calendar quarter, the statement of net revenue is to be submitted by {B},
        together with the payment, not later than {statement_time} after the last day of that quarter.

        Whatever net revenue {B} takes in from {subject}, {A} gets {revenue_share} of it. || When a calendar quarter
        ends, {B} has {statement_time} to send {A} the statement of its net revenue. The payment leaves on the same day
        as the statement.
        """, fact("revenue_share", percent(2, 30, 0.5), """
        What share of net revenue is payable under {doc}?
        What percentage of revenue does {doc} require to be paid?
        How high is the revenue share in {doc}?
        Which royalty on net revenue does {doc} set?
        What part of its net revenue does a party pay under {doc}?
        At what percentage of net revenue is the royalty in {doc} fixed?
        How big is the cut of the partner's takings under {doc}?
        What slice of turnover is handed over under {doc}?
        """), fact("statement_time", number(7, 60, 1, "days"), """
        When is the revenue statement due after a quarter under {doc}?
        Within what time of the end of a calendar quarter must the revenue statement be sent under {doc}?
        How many days after the quarter is the statement of revenue due under {doc}?
        What time does {doc} allow for the quarterly statement of revenue?
        How long after the end of a quarter may the revenue statement take under {doc}?
        By when after each quarter does {doc} ask for a statement of net revenue?
        How soon after three months of trading do figures have to be reported under {doc}?
        Once a trading period of three months closes, how long is there to report takings under {doc}?
        """)),
    clause("audit", "Audit Rights", "Audit | Books and Records | Records and Audit", """
        {B} keeps complete records about this agreement for {record_time}. || After a written notice of
        {audit_notice}, {A} may have an independent auditor check these records. If the audit shows an error of more
        than {audit_threshold}, {B} pays for the audit.

        {B} shall preserve full records relating hereto for {record_time}. || {A} may cause the same to be audited
        upon written notice of {audit_notice}, and the cost thereof shall be borne by {B} should the error exceed
        {audit_threshold}.

        Records to be kept by {B} for {record_time}. || Audit by {A} on written notice of {audit_notice}, through an
        independent auditor. Cost of the audit on {B} where the error exceeds {audit_threshold}.

        Openness keeps us honest. {B} keeps its records for {record_time}. || On notice of {audit_notice}, {A} may
        have them audited by someone independent, and where the error is above {audit_threshold}, we agree that {B}
        bears the cost.

        It is agreed that complete records of this Agreement remain with {B} for {record_time}. || An audit of these
        records by an independent auditor is open to {A}, provided that it is notified to {B} in writing {audit_notice}
        in advance. An error above {audit_threshold} shifts the cost of the audit to {B}.

        {B} holds on to all records of this contract for {record_time}. || {A} can send in an independent auditor, as
        long as it tells {B} in writing {audit_notice} ahead of the audit. {A} pays for the audit unless it turns up an
        error above {audit_threshold}, in which case {B} pays.
        """, fact("record_time", number(2, 12, 1, "years"), """
        How long must records be kept under {doc}?
        For how many years does {doc} require records to be preserved?
        What is the period for keeping records in {doc}?
        For what time are records kept under {doc}?
        How many years of record keeping does {doc} require?
        What retention period for records does {doc} set?
        After what time is it safe to shred the files that {doc} calls for?
        For how long do old books and files have to stay in the archive under {doc}?
        """), fact("audit_notice", number(3, 45, 1, "business days"), """
        How much notice of an audit must be given under {doc}?
        With what notice may records be audited under {doc}?
        What notice does an audit under {doc} need?
        How many business days of notice come before an audit under {doc}?
        What is the notice period for audits in {doc}?
        How long before an audit must it be announced under {doc}?
        How much time is there to get ready once examiners have said that they will come, under {doc}?
        How early are the examiners of the books obliged to say that they are coming, under {doc}?
        """), fact("audit_threshold", percent(1, 10, 0.5), """
        Above what error does the audited party bear the cost of the audit under {doc}?
        What error makes the audited party pay for an audit under {doc}?
        From what percentage of error on is the cost of the audit shifted under {doc}?
        Which size of error decides who pays for an audit under {doc}?
        What is the threshold of error for the cost of audits in {doc}?
        By more than what percentage must the records be wrong for the audited party to pay the audit under {doc}?
        How inaccurate do the books need to be before their keeper is charged for the examiners, under {doc}?
        What level of inaccuracy is tolerated in the books under {doc} without the examiners' bill changing hands?
        """)),
    clause("insurance", "Insurance", "Insurance | Insurance Cover | Liability Insurance", """
        {A} keeps liability insurance with a reputable insurer for at least {insurance_cover} per claim. || It keeps
        the insurance up for {insurance_time} after the end of this agreement and shows {B} a certificate when asked.

        {A} shall effect and maintain liability insurance in an amount of not less than {insurance_cover} per claim.
        || Such insurance shall be maintained for {insurance_time} following the end hereof, and evidence thereof
        produced on demand.

        Liability insurance of {A} with cover of at least {insurance_cover} per claim. || Insurance to be maintained
        for {insurance_time} after the end of this Agreement. Certificate on request of {B}.

        Both of us sleep better with good cover. {A} maintains liability insurance of at least {insurance_cover} per
        claim. || We have agreed that this insurance continues for {insurance_time} after our arrangement has ended.

        For as long as this Agreement is in force, {A} is obliged to be insured against liability with a sum insured
        which, for each claim, may not fall below {insurance_cover}. || After the end of the Agreement, the liability
        insurance remains in place for a further {insurance_time}. Proof is furnished to {B} upon request.

        Each claim needs liability cover of {insurance_cover} or more, and {A} buys that insurance from a solid
        insurer. || Do not cancel too soon. {A} keeps this liability insurance running for {insurance_time} past the
        end of the contract and shows {B} the certificate when asked.
        """, fact("insurance_cover", money(250_000, 15_000_000, 250_000), """
        What insurance cover does {doc} require?
        For what amount per claim must liability insurance be maintained under {doc}?
        How high is the insurance cover in {doc}?
        What is the minimum of liability insurance per claim under {doc}?
        What sum per claim must the insurance under {doc} reach?
        Which amount of liability insurance is agreed in {doc}?
        How big a policy does the provider need to hold because of {doc}?
        What protection by an outside policy does {doc} demand, in money?
        """), fact("insurance_time", number(6, 60, 1, "months"), """
        How long after the end of {doc} must the insurance be maintained?
        For how many months after {doc} ends does the duty to insure continue?
        For what time after the end of {doc} is liability insurance kept up?
        How long does the insurance continue once {doc} has ended?
        What is the period of insurance after the end of {doc}?
        Until how many months after the end of {doc} must insurance be in place?
        How long does the provider keep paying premiums when {doc} is already over?
        When {doc} is over, at what point can the policy be dropped?
        """)),
    clause("confidentiality", "", "Confidentiality | Confidential Information | Secrecy", """
        Each party keeps secret what it learns about the business of the other and uses it only for this agreement.
        This duty of confidentiality goes on for {secrecy_time} after the end of this agreement. It does not cover
        what is public.

        Each party shall hold in strict confidence all confidential information of the other, and this obligation of
        confidentiality shall survive the end hereof for a period of {secrecy_time}.

        Confidential information of either party to be kept secret and used for this Agreement only. Duty of
        confidentiality to survive for {secrecy_time} after the end of this Agreement. Public information excluded.

        We trust each other with things that others should not know. {A} and {B} keep them confidential while we work
        together and for {secrecy_time} after that, unless they have become public.

        Information that is not public and that one of the Parties receives from the other is treated as confidential
        and is used solely for the purposes of this Agreement. The obligation of confidentiality does not lapse with
        the end of the Agreement but binds the Parties for a further {secrecy_time}.

        Share what the other side tells you only with people who need it for their job. Confidentiality does not stop
        when the contract ends, because both {A} and {B} keep quiet for another {secrecy_time} after that. What
        everybody can look up is not covered.
        """, fact("secrecy_time", number(2, 20, 1, "years"), """
        How long does confidentiality last after the end of {doc}?
        For how many years does the duty of confidentiality survive {doc}?
        What is the period of confidentiality after {doc} ends?
        For what time after the end of {doc} must confidential information be kept secret?
        How long does the confidentiality obligation in {doc} survive?
        How many years after the end of {doc} does the duty of confidentiality go on?
        After what time is a former partner free to talk about what it learned through {doc}?
        After {doc} is over, how long do trade secrets have to stay under wraps?
        """)),
    clause("incident", "", "Data Protection | Data Incidents | Security of Data", """
        {A} protects the data of {B} with suitable measures. If data is lost or reaches the wrong hands, {A} informs
        {B} within {incident_time} of noticing it, and says what happened and what it is doing about it.

        {A} shall safeguard the data of {B} by appropriate measures, and shall notify {B} of any loss of or
        unauthorized access to such data within {incident_time} of becoming aware thereof.

        Data of {B} to be protected by suitable measures. Data incidents to be reported to {B} within {incident_time}
        of discovery, with cause, extent and remedy. Data processed on instruction of {B} only.

        We take great care of data. Should there be an incident with data of {B}, then {A} reports it within
        {incident_time} of discovering it, and we deal with it openly and together.

        Appropriate measures for the protection of data of {B} are taken by {A}. Where such data is lost or is accessed
        without authorization, notification of the incident to {B} is due from {A} no later than {incident_time} after
        its discovery, together with an account of the cause and of the remedy.

        {A} keeps the data of {B} safe, day in and day out. If data gets lost or somebody gets in without permission,
        {A} has {incident_time} from noticing the incident to report it to {B}. The report covers what happened and
        what {A} does next.
        """, fact("incident_time", number(6, 96, 2, "hours"), """
        Within what time must a data incident be reported under {doc}?
        How soon after discovery must loss of data be notified under {doc}?
        How many hours does {doc} allow for reporting a data incident?
        What time limit does {doc} set for the notice of data incidents?
        When must unauthorized access to data be reported under {doc}?
        How long after discovery may the report of a data incident take under {doc}?
        If hackers steal files, how quickly does the customer have to hear of it under {doc}?
        How long could a leak be kept from the customer without violating {doc}?
        """)),
    clause("ip", "Ip Ownership Assignment", "Intellectual Property | Ownership of Results | Work Results", """
        All rights in work that {A} creates especially for {B} belong to {B}. Within {ip_time} of a request, {A} signs
        whatever document is needed to record that. Tools that {A} had before stay its own.

        All rights in works specially created hereunder are hereby assigned to {B}, and {A} shall within {ip_time} of
        request execute all such instruments as may be required to perfect the assignment thereof.

        Rights in specially created work are assigned to {B}. Signature of assignment documents by {A} within
        {ip_time} of request. Existing tools and know-how of {A} not affected.

        What is made for one of us should belong to it. All rights in work created especially for {B} therefore pass
        to it, and {A} signs the papers for the assignment within {ip_time} of being asked.

        Rights in any work produced specially for {B} vest in {B}. Where a document is needed as evidence of the
        assignment of rights in such work, {B} is entitled to request it, and the signature of {A} is due no later than
        {ip_time} after the request. Existing tools remain with {A}.

        {B} owns the work that {A} makes just for {B}, with all rights in it. When {B} asks for a signed assignment of
        rights in that work, {A} takes no more than {ip_time} from the request to sign and return it. What {A} brought
        along stays with {A}.
        """, fact("ip_time", number(3, 40, 1, "business days"), """
        Within what time must assignment documents for rights be signed under {doc}?
        How soon after a request are the documents on ownership of rights signed under {doc}?
        How many business days does {doc} allow for signing documents that assign rights in work?
        What time does {doc} set for signing the assignment of rights in specially created work?
        When must the papers assigning rights in work results be signed after a request under {doc}?
        How long does {doc} give for executing the instruments that assign rights in work?
        How quickly does the provider have to formalize a handover of intellectual property under {doc}?
        If the customer wants its title to creations on paper, how long can that take under {doc}?
        """)),
    clause("cap", "Cap On Liability", "Limitation of Liability | Cap on Liability | Liability", """
        The total liability of each party under this agreement, whatever the reason for it, is limited to
        {liability_cap}. || This limit does not apply to death or personal injury, to fraud, or to anything else for
        which the law allows no limit.

        In no event shall the aggregate liability of either party arising out of or in connection with this Agreement,
        whether in contract, tort or otherwise, exceed the sum of {liability_cap}, save in the case of fraud or
        willful misconduct.

        Aggregate liability of each party capped at {liability_cap} for all claims taken together. Cap not applicable
        to fraud, willful misconduct, or death and personal injury. Loss of profit and indirect loss excluded.

        We share the risks of our work in a sensible way. Whatever goes wrong, neither {A} nor {B} owes the other more
        than {liability_cap} in damages in total, except where one of us has acted fraudulently or on purpose.

        It is agreed that an amount of {liability_cap} constitutes the maximum for which each of the Parties is liable
        under this Agreement, all claims taken together and irrespective of their legal ground. This limitation does
        not apply in cases of fraud, willful misconduct, death or personal injury.

        Add up all claims under this contract, and the total liability of {A} stops at {liability_cap}, as does that of
        {B}. It makes no difference why the claims came up. The limit falls away for fraud, for harm done on purpose,
        and where people are hurt or killed.
        """, fact("liability_cap", money(100_000, 20_000_000, 50_000), """
        What is the cap on liability in {doc}?
        To what amount is total liability limited under {doc}?
        What is the maximum liability of a party under {doc}?
        How high is the limit of liability in {doc}?
        At what sum does {doc} cap the aggregate liability of each party?
        What is the most that a party can be liable for under {doc}?
        What overall ceiling does {doc} place on what one company can recover from the other?
        At worst, how much money could one company have to pay the other for everything that goes wrong under {doc}?
        """)),
    clause("claims", "Covenant Not To Sue", "Time Limit for Claims | Covenant Not to Sue | Limitation Period", """
        Neither party may bring a claim under this agreement more than {claim_time} after it learned of the facts
        behind it. Each party promises not to sue on a claim that is older. Claims for fraud are not affected.

        Each party covenants not to sue the other upon any claim arising hereunder unless proceedings shall have been
        commenced within {claim_time} of the date on which it became aware of the facts giving rise thereto.

        Time limit for claims of {claim_time} from knowledge of the facts. No suit by either party on older claims.
        Claims based on fraud excluded from this limit.

        We would rather talk early than sue late. Both {A} and {B} have promised not to sue on any claim once
        {claim_time} have passed since they learned of the facts, unless there was fraud.

        As from the day on which one of the Parties obtains knowledge of the facts, claims based on this Agreement may
        be brought during {claim_time} only. Where that time has elapsed, the Parties undertake to refrain from suing,
        except in cases of fraud.

        Do not sit back and wait. Whoever learns of facts behind a claim under this contract has {claim_time} from that
        day to sue, and after that the claim is gone for good. Both {A} and {B} stick to this. Fraud is the one
        exception.
        """, fact("claim_time", number(7, 48, 1, "months"), """
        Within what time must a claim be brought under {doc}?
        How long after learning of the facts can a party still sue under {doc}?
        What is the time limit for claims in {doc}?
        After how many months does the covenant not to sue in {doc} bar a claim?
        What time limit for suing does {doc} set?
        How many months does {doc} leave for bringing a claim once its facts are known?
        When does it become too late to go to court over a known problem with {doc}?
        How long can a grievance be sat on before taking legal action under {doc} is ruled out?
        """)),
    clause("nosolicit", "No-Solicit Of Employees", "Non-Solicitation | Employees | No Poaching", """
        Until {nosolicit_time} after the end of this agreement, neither party tries to hire an employee of the other
        who worked on it. || A party that hires such an employee all the same pays {nosolicit_share} of one annual
        salary of that employee.

        Neither party shall, during the term hereof and for {nosolicit_time} thereafter, solicit any employee of the
        other. || In case of breach the offending party shall pay {nosolicit_share} of the annual salary of the
        employee concerned.

        No solicitation of employees by either party during the term and for {nosolicit_time} after its end. || In
        case of such solicitation, payment of {nosolicit_share} of the annual salary of the employee. General
        advertisements permitted.

        Our people are our strength. We have agreed not to solicit employees of each other until {nosolicit_time}
        after our arrangement ends. || If {A} or {B} solicits one anyway, it pays {nosolicit_share} of the annual
        salary of that employee.

        The solicitation of employees of the other Party is not permitted as long as this Agreement is in force, nor
        during the {nosolicit_time} following its end. || Where an employee is nevertheless solicited, a contractual
        penalty is payable to the other by the Party in breach, fixed at {nosolicit_share} of what that employee
        receives as annual salary.

        Neither {A} nor {B} goes after the employees of the other while the contract runs, and the ban on soliciting
        them stays on for {nosolicit_time} after the contract ends. || Whoever breaks the ban looks up the annual
        salary of the solicited employee and pays {nosolicit_share} of it to the other company.
        """, fact("nosolicit_time", number(4, 36, 1, "months"), """
        How long after the end of {doc} is soliciting employees forbidden?
        For what time after {doc} ends may a party not solicit employees of the other?
        How many months does non-solicitation of employees last after the end of {doc}?
        What is the period of non-solicitation of employees after {doc} ends?
        For how many months after the end of {doc} are employees protected from solicitation?
        Until when after the end of {doc} must neither party solicit employees of the other?
        Once {doc} is over, when does recruiting from the other side's staff become acceptable?
        How long after {doc} are the partner's workers still out of bounds for recruiters?
        """), fact("nosolicit_share", percent(20, 150, 5), """
        What share of an annual salary is payable for soliciting an employee in breach of {doc}?
        What percentage of the annual salary does {doc} set for solicitation of an employee?
        How much of the annual salary is due when an employee is solicited in breach of {doc}?
        Which percentage of a salary must be paid for breach of the non-solicitation rule in {doc}?
        What is the payment for soliciting an employee under {doc}, as a percentage of annual salary?
        At what percentage of annual salary does {doc} fix the payment for solicitation?
        How expensive is it to lure away a worker despite {doc}, relative to yearly pay?
        What portion of yearly pay does luring away the partner's staff cost under {doc}?
        """)),
    clause("customers", "No-Solicit Of Customers",
           "Customers | Protection of Customers | Non-Solicitation of Customers", """
        While this agreement lasts and for {customer_time} after it ends, {A} does not approach customers of {B} in
        order to deal with them directly. This covers all customers whose names {A} learned through this agreement.

        {A} shall not, during the term hereof and for {customer_time} thereafter, solicit or deal directly with any
        customer of {B} of which it became aware by reason of the performance hereof.

        Solicitation of customers of {B} by {A} prohibited during the term and for {customer_time} after its end. Rule
        limited to customers whose names became known through this Agreement.

        We respect the work that goes into finding customers. {A} has agreed to leave the customers of {B} alone while
        we work together and for {customer_time} after that, if it knows them only through us.

        Customers of {B} whose identity becomes known to {A} by virtue of this Agreement are not to be solicited by
        {A}. The protection of the customers of {B} against such solicitation does not cease upon the end of the
        Agreement but only {customer_time} thereafter.

        {A} meets customers of {B} through this contract and leaves them to {B}. No calls, no offers, no direct sales.
        After the contract ends, {A} still does not solicit these customers of {B} until {customer_time} have gone by.
        """, fact("customer_time", number(4, 36, 1, "months"), """
        How long after the end of {doc} is soliciting customers forbidden?
        For what time after {doc} ends are customers protected from solicitation?
        How many months does non-solicitation of customers last after the end of {doc}?
        What is the period of protection of customers after {doc} ends?
        For how many months after the end of {doc} must customers of the other party not be solicited?
        How long after {doc} ends may the customers of the other party not be approached?
        Once {doc} is over, when can the provider start selling to its partner's clientele?
        For how long is the partner's clientele out of bounds when {doc} is no more?
        """)),
    clause("reputation", "Non-Disparagement", "Reputation | Non-Disparagement | Public Statements", """
        Neither party speaks badly in public about the other. This ban on bad statements lasts while this agreement
        lasts and for {reputation_time} after it ends. True statements to courts and authorities are always allowed.

        Neither party shall make any public statement disparaging the other, its products or its staff, and this
        covenant shall survive the end hereof for {reputation_time}, save for truthful statements required by law.

        No disparaging public statements by either party about the other during the term and for {reputation_time}
        after its end. Truthful statements to courts and authorities excepted.

        A good name is easily lost. {A} and {B} do not disparage each other in public while we work together and for
        {reputation_time} after that, whatever we may think, except where the law wants us to speak.

        Where one of the Parties comments in public on the other, any disparagement is to be avoided. This obligation
        of non-disparagement binds the Parties until {reputation_time} have elapsed since the end of this Agreement.
        Statements required by law are excepted.

        Complaints go to the other company, not to the press. {A} and {B} say nothing disparaging about each other in
        public, neither during this contract nor in the {reputation_time} after it ends. Telling the truth to a court
        or an authority is always fine.
        """, fact("reputation_time", number(2, 10, 1, "years"), """
        How long does the duty of non-disparagement last after the end of {doc}?
        For how many years after {doc} ends are disparaging statements forbidden?
        For what time does non-disparagement survive the end of {doc}?
        What is the period of non-disparagement after {doc} ends?
        How many years after the end of {doc} must the parties avoid disparaging each other?
        How long after {doc} ends does the ban on speaking badly in public continue?
        After what time can a bitter ex-partner of {doc} start to criticize the other openly?
        After {doc} is over, how long does bad-mouthing remain off limits?
        """)),
    clause("assignment", "Anti-Assignment", "Assignment | Transfer of Rights | No Assignment", """
        A party may transfer this agreement to someone else only if the other party consents in writing. The other
        party answers a request within {consent_time}. If it stays silent for that time, it is taken to have
        consented.

        Neither party shall assign this Agreement without the prior written consent of the other, which consent shall
        be deemed to have been given unless refused within {consent_time} of receipt of the request.

        Assignment only with written consent of the other party. Answer to a request for consent within
        {consent_time}. Silence for that time counts as consent. Assignment of money claims permitted.

        We chose each other with care. {A} and {B} therefore transfer this arrangement only with consent of the other,
        which answers a request within {consent_time}, and we take silence as a yes.

        Where one of the Parties wishes to assign this Agreement, it is obliged to ask the other for consent in
        writing. A period of {consent_time} from receipt of the request is available to the other Party for refusing
        the assignment, failing which its consent is presumed.

        {A} or {B} can pass this contract on only with a written yes from the other. Whoever gets a request to consent
        to a transfer of this contract has {consent_time} to answer it, and no answer by then counts as a yes.
        """, fact("consent_time", number(3, 40, 1, "business days"), """
        Within what time must a request for consent to assignment be answered under {doc}?
        After what time of silence is consent to an assignment deemed given under {doc}?
        How long does a party have to answer a request to assign {doc}?
        How many business days does {doc} allow for an answer to a request for assignment?
        When does silence count as consent to the transfer of {doc}?
        What time does {doc} set for refusing consent to an assignment?
        How quickly does one have to say no to a new partner being substituted under {doc}?
        If a substitute partner is proposed and no reply comes, after how long does it step into {doc}?
        """)),
    clause("control", "Change Of Control", "Change of Control | Change in Ownership", """
        If someone else gains control of a party, that party tells the other at once. The other party may then end
        this agreement in writing within {control_time} of being told. After that time, the right to end it for this
        reason is lost.

        Upon any change of control of a party, that party shall forthwith notify the other, which shall be entitled to
        terminate this Agreement by notice given within {control_time} of receipt of such notification.

        Change of control of a party to be notified at once. Right of the other party to terminate in writing, open
        for {control_time} from that notification. Changes within the same group excluded.

        It matters to us who stands behind a partner. If control of {A} or {B} changes, it tells the other, which then
        has {control_time} to decide whether to leave our arrangement for that reason.

        In the event that control over one of the Parties passes to a third person, this is to be notified without
        delay. Upon receipt of that notification, the other Party acquires a right to terminate this Agreement by
        reason of the change of control, which is forfeited unless exercised within {control_time}.

        When somebody else gets control of {A} or {B}, the other hears about it right away. That message starts the
        clock, and for {control_time} the company that received it can end this contract because of the change of
        control. If it does nothing by then, the contract simply goes on.
        """, fact("control_time", number(15, 120, 5, "days"), """
        How long can a party terminate {doc} after notice of a change of control?
        Within what time of a change of control being notified may {doc} be ended?
        What time does {doc} allow for termination because of a change of control?
        How many days does a party have to end {doc} after being told of a change of control?
        For how long does the right to end {doc} after a change of control stay open?
        How long is the period for termination after a change of control under {doc}?
        When one company has been bought by a stranger, how long can the other still get out of {doc} over it?
        After news of a takeover, what window for leaving does {doc} offer?
        """)),
    clause("refusal", "Rofr/Rofo/Rofn", "Right of First Refusal | First Refusal | New Products", """
        Before {A} offers a new product in the field of {subject} to others, it offers the product to {B}. The right
        of first refusal of {B} lasts for {refusal_time} from the offer. After that, {A} is free to deal with anyone.

        {A} shall first offer to {B} any new product in the field of {subject}, and {B} shall have a right of first
        refusal, exercisable by written acceptance within {refusal_time} of such offer, which right shall thereafter
        lapse.

        Right of first refusal of {B} for new products in the field of {subject}. Acceptance in writing within
        {refusal_time} of the offer. After that time, free choice of partner for {A}.

        We like to grow together. When {A} has a new product in the field of {subject}, then {B} hears of it first and
        has a right of first refusal for {refusal_time} before others are asked.

        Where {A} adds a new product to its range in the field of {subject}, {B} is the first to whom it is to be
        offered. For {refusal_time} from receipt of that offer, {B} is entitled to exercise its right of first refusal
        by written acceptance. Thereafter, {A} may contract with third persons.

        {B} gets first pick. When {A} launches something new in the field of {subject}, it makes an offer to {B} before
        anyone else. From the day of that offer, the first refusal of {B} on the new product stays open for
        {refusal_time}. No signed yes by then, and {A} can talk to whomever it likes.
        """, fact("refusal_time", number(10, 90, 1, "days"), """
        How long does the right of first refusal under {doc} last?
        Within what time of the offer can the right of first refusal in {doc} be exercised?
        How many days does {doc} give for exercising the right of first refusal?
        What is the period of the right of first refusal in {doc}?
        How long after an offer of a new product does first refusal lapse under {doc}?
        What time does {doc} allow for accepting the offer of a new product?
        How long do novelties have to be held back from other interested buyers under {doc}?
        What head start over other interested buyers does {doc} give for novelties?
        """)),
    clause("convenience", "Termination For Convenience",
           "Termination for Convenience | Termination without Cause | Right to Terminate", """
        Either party may end this agreement at any time and for any reason by giving the other party notice in writing
        of {convenience_notice}. || The party that ends this agreement in this way does not have to give a reason or
        pay compensation for ending it.

        Either party hereto may, at its sole convenience and without assigning any cause, terminate this Agreement
        upon not less than {convenience_notice} of prior written notice to the other party, and no indemnity shall be
        payable by reason thereof.

        Termination without cause by either party on written notice of {convenience_notice}. No reason to be stated.
        No compensation due. Orders and work accepted before the date of the notice to be completed and paid.

        We want to stay partners by choice. {A} or {B} may therefore bring our arrangement to an end without giving
        any reason, as long as the other receives written notice of {convenience_notice} and both of us settle what is
        open.

        Without being obliged to state reasons, each of the Parties is entitled to terminate this Agreement at any
        time, provided that a period of written notice of {convenience_notice} is observed. || A termination declared
        in accordance with the foregoing does not give rise to any claim for compensation.

        {A} or {B} can end this contract at any time without giving a reason, by writing to the other
        {convenience_notice} before its last day. || Nobody pays compensation for leaving this way, but open orders get
        finished and paid for.
        """, fact("convenience_notice", number(15, 180, 5, "days"), """
        How long is the notice for ending {doc} without cause?
        What notice must a party give to terminate {doc} for convenience?
        How many days of notice does termination of {doc} without a reason need?
        What is the notice period for termination for convenience under {doc}?
        How much written notice does {doc} require from a party that ends it for any reason?
        With what notice can a party terminate {doc} at any time without giving a reason?
        How far in advance must one company warn the other before simply walking away from {doc}?
        If one side drops {doc} midway on a whim, how much warning does it owe?
        """)),
    clause("cause", "", "Termination for Cause | Breach and Cure | Material Breach", """
        If a party seriously breaks this agreement, the other party may describe the breach in writing and ask for it
        to be put right. If the breach has not been cured within {cure_period} of the arrival of that notice, the
        other party may end this agreement at once.

        Should either party commit a material breach hereof and fail to remedy the same within {cure_period} of
        receipt of written notice specifying such breach, the party not in default shall be entitled to terminate this
        Agreement forthwith.

        Material breach to be notified in writing, with particulars, and to be cured within {cure_period} of receipt.
        Breach uncured at the end of that period entitles the innocent party to terminate this Agreement immediately.

        Mistakes happen, and we give each other a fair chance. If {A} or {B} commits a material breach, it has
        {cure_period} from a written warning to put things right, and only then may the other terminate for cause.

        Where one of the Parties is in material breach of this Agreement, the other calls upon it in writing to cure
        the breach, for which {cure_period} are available from receipt of that notice. In the event that this period
        expires without result, the Party affected is entitled to terminate with immediate effect.

        Put a serious breach into a letter and send it to the side that caused it. From the arrival of that letter, the
        side in breach has {cure_period} to cure the material breach. Miss that, and the other can end the contract the
        same day.
        """, fact("cure_period", number(5, 75, 5, "days"), """
        How long does a party have to cure a material breach under {doc}?
        What is the cure period in {doc}?
        How many days are allowed to remedy a breach before {doc} can be terminated for cause?
        Within what time must a material breach of {doc} be put right?
        How long is the period to cure a breach of {doc}?
        After notice of a breach, how long until {doc} may be terminated if nothing is cured?
        Once accused of seriously violating {doc}, how much time does the offender get to fix it?
        What grace does {doc} give a defaulting company before it can be thrown out?
        """)),
    clause("transition", "Post-Termination Services", "Transition | Services after Termination | Exit Support", """
        When this agreement ends, {A} goes on serving {B} for up to {transition_time} if {B} asks for it, so that a
        successor can take over. The terms and prices of this agreement continue to apply during that transition.

        Upon the end hereof for any cause, {A} shall, if so requested by {B}, continue to perform for a transition
        period not exceeding {transition_time}, upon the terms and at the prices herein contained.

        Transition support by {A} after the end of this Agreement, on request of {B}, for up to {transition_time}.
        Terms and prices unchanged. Handover of documents and data to the successor included.

        Even a good relationship ends one day, and we want to part well. After the end, {A} supports {B} for up to
        {transition_time} of transition on the same terms, if {B} would like that.

        Irrespective of the reason for which this Agreement ends, {B} is entitled to request services for the
        transition to a successor. In that event, {A} is obliged to render such transition services after the end of
        the Agreement on unchanged conditions, their maximum duration being {transition_time}.

        {B} may need time to switch. If {B} asks, {A} keeps working through a transition of no more than
        {transition_time} after the contract ends, at the same prices. {A} briefs the successor and passes on documents
        and data.
        """, fact("transition_time", number(2, 18, 1, "months"), """
        How long does transition support last after the end of {doc}?
        For what time after {doc} ends must services continue for the transition?
        What is the transition period under {doc}?
        How many months of transition does {doc} provide for?
        Up to how long can support after the end of {doc} be requested?
        For how long does the duty to support a transition after {doc} last?
        How much longer will the outgoing provider help while a replacement settles in, under {doc}?
        With {doc} already finished, how long can the customer still lean on the old provider?
        """)),
    clause("exception", "Competitive Restriction Exception",
           "Exceptions to Exclusivity | Permitted Competition | Exceptions to Restrictions", """
        There is one exception to exclusivity under this agreement, and it lets {A} keep doing business directly with
        {exempt_company}, as before. || {B} may hold up to {stake_limit} of the shares in a listed competitor of {A}
        without breaching a restriction on competition.

        Notwithstanding any exclusivity herein contained, the dealings of {A} with {exempt_company} shall be excepted
        therefrom and may lawfully continue. || No shareholding of {B} in any competitor of {A} whose shares are listed
        shall constitute a breach of any restriction on competition, unless the same exceeds {stake_limit} of the shares
        issued.

        Exception from exclusivity for business of {A} with {exempt_company}, an existing customer of long standing.
        || Passive holdings of {B} in listed competitors of {A} permitted, limited to {stake_limit} of the shares of
        each. Larger holdings subject to the restriction on competition, as far as this Agreement contains one.

        Older ties deserve respect. Whatever exclusivity we promise, we have agreed that {A} stays free to work with
        {exempt_company}, as it has for many years. || Nor do we call it unfair when {B} saves for its future by owning
        a listed competitor of {A} in part, as long as that part is no more than {stake_limit}.

        It is agreed that exclusivity does not prevent {A} from maintaining its existing relationship with the company
        {exempt_company}. || Where {B} acquires a participation in a company that is listed and that competes with
        {A}, the restriction on competition is not infringed insofar as such participation remains at or below
        {stake_limit} of the shares.

        {exempt_company} is the exception to exclusivity, so {A} hangs on to that account and goes on working it. || {B}
        can buy into a competitor of {A} that is listed on an exchange, but stops at {stake_limit} of its shares.
        Anything above that counts as competition.
        """, fact("exempt_company", company, """
        Which company is excepted from the exclusivity in {doc}?
        With which company may business continue despite the exclusivity in {doc}?
        What company does {doc} name as an exception to exclusivity?
        Dealings with which company are an exception to the exclusivity under {doc}?
        Which existing customer is an exception to exclusivity under {doc}?
        For which company does {doc} make an exception to exclusivity?
        Who is the lone outside buyer that the provider can still serve in a reserved market under {doc}?
        Which client's link to the provider survives although everybody else gets turned away under {doc}?
        """), fact("stake_limit", percent(1, 9.5, 0.5), """
        What share of a listed competitor may be held under {doc}?
        Up to what percentage of the shares in a listed competitor does {doc} permit a holding?
        What shareholding in a listed competitor is permitted under {doc}?
        How large a participation in a listed competitor does {doc} allow?
        Which limit does {doc} set for owning shares in a listed competitor?
        What percentage of a listed competitor may be owned without a breach of {doc}?
        How big can an investment in a publicly traded rival get before it violates {doc}?
        When does a stake in a publicly traded rival become too big for {doc}?
        """)),
    clause("joint", "Joint Ip Ownership", "Joint Inventions | Joint Ownership of Inventions | Jointly Owned Rights", """
        Inventions that staff of both parties make jointly belong to both in equal shares, and the patent attorney for
        these joint inventions is {joint_attorney}. || A party that licenses a joint invention to someone else pays
        half of the license income to its co-owner within {joint_income_time} of receiving it.

        All inventions jointly made by employees of the parties shall be owned by them in equal undivided shares, and
        {joint_attorney} shall act as patent attorney in respect thereof. || One half of any license income derived
        from a joint invention shall be remitted to the co-owner within {joint_income_time} of the receipt thereof.

        Joint ownership, in equal shares, of inventions made by staff of both parties. Patent attorney for joint
        inventions is {joint_attorney}. || Half of all license income from joint inventions payable to the other owner,
        {joint_income_time} after receipt at the latest. Own use by either party free of charge.

        When our people invent something as one team, it is ours jointly and in equal shares. We both trust
        {joint_attorney}, who is the patent attorney for all our joint inventions. || If one of us earns license
        income from a joint invention, half of it reaches the other within {joint_income_time} of its arrival.

        Where employees of both Parties contribute to an invention, it is jointly owned in equal parts, and
        {joint_attorney} is appointed as patent attorney for it. || In the event that a Party obtains license income
        from a joint invention, one half is due to the other Party no later than {joint_income_time} after receipt.

        Whatever people from {A} and {B} invent side by side belongs to both, half and half. {joint_attorney} is the
        patent attorney to call for every joint invention. || License income from a joint invention gets split, and
        whoever collects it wires half to the other side within {joint_income_time} of receipt.
        """, fact("joint_attorney", person, """
        Who is the patent attorney for joint inventions under {doc}?
        Which patent attorney does {doc} name for joint inventions?
        Who acts as patent attorney for jointly made inventions under {doc}?
        What is the name of the patent attorney for joint inventions in {doc}?
        Which person is the patent attorney for jointly owned inventions according to {doc}?
        Which attorney takes care of patents for joint inventions under {doc}?
        Which lawyer looks after discoveries with two proprietors under {doc}?
        Whom should an engineer ask about shielding a common discovery from copycats under {doc}?
        """), fact("joint_income_time", number(2, 20, 1, "weeks"), """
        Within what time must half of the license income from a joint invention be paid over under {doc}?
        How soon after receipt is license income from joint inventions split under {doc}?
        How many weeks after receipt is half of the license income due to the co-owner under {doc}?
        What time does {doc} set for paying half of the license income from a joint invention?
        When must a co-owner receive its half of the license income from joint inventions under {doc}?
        How long after receipt may payment of half the income from a joint invention take under {doc}?
        When outsiders pay royalties on a common discovery, how quickly does the partner get a cut under {doc}?
        How promptly are royalties on a common discovery divided under {doc}?
        """)),
    clause("licensor_affiliates", "Affiliate License-Licensor",
           "Rights of an Affiliate | Affiliate Rights | Rights Held by an Affiliate", """
        Some of the rights that {B} needs for {subject} belong to {rights_owner}, an affiliate of {A}, and the license
        under this agreement includes them. || {A} shows {B} the written consent of the affiliate to the license
        within {rights_proof_time} of a request.

        The license hereby granted shall extend to all such rights in respect of {subject} as are vested in
        {rights_owner}, being an affiliate of {A}. || Within {rights_proof_time} of a request therefor, evidence in
        writing that the said affiliate has assented to the license shall be furnished to {B}.

        License to include the rights of {rights_owner}, an affiliate of {A}, as far as needed for {subject}. || Proof
        that the affiliate agrees to the license due {rights_proof_time} after request of {B}. No separate fee for
        rights of the affiliate.

        Half a license would help nobody. The rights of {rights_owner}, which is an affiliate of {A}, are therefore
        part of our license, so that {B} has all it needs for {subject}. || If {B} would like to see that the
        affiliate is happy with the license, {A} has {rights_proof_time} from the request to show it in writing.

        In the event that rights required for {subject} are held by an affiliate of {A}, namely {rights_owner}, the
        license granted to {B} comprises such rights. || Where {B} so requests, evidence that the affiliate has
        consented to the license is to be submitted in writing, for which a period of {rights_proof_time} is
        available.

        {rights_owner}, an affiliate of {A}, owns part of what goes into {subject}, and the license covers its rights
        too. || Clock starts with a request of {B}, and {rights_proof_time} later at most it holds a signed paper in
        which the affiliate says yes to the license.
        """, fact("rights_owner", company, """
        Which affiliate owns rights that the license in {doc} covers?
        The rights of which affiliate are included in the license under {doc}?
        Which company is the affiliate whose rights are part of the license under {doc}?
        What affiliate does {doc} name as owner of licensed rights?
        To the rights of which affiliate does the license in {doc} extend?
        Who is the affiliate that holds part of the licensed rights under {doc}?
        Which sibling firm of the provider lends its creations to the bargain under {doc}?
        What other member of the provider's corporate family contributes assets under {doc}?
        """), fact("rights_proof_time", number(3, 50, 1, "days"), """
        Within what time of a request must the consent of the affiliate to the license be shown under {doc}?
        How many days after a request is proof of the consent of the affiliate due under {doc}?
        How long does {doc} allow for evidence that the affiliate has consented to the license?
        What time does {doc} set for proof that the affiliate has agreed to the license?
        How soon after a request must the written consent of the affiliate be shown under {doc}?
        What period for submitting the consent of the affiliate to the license does {doc} set?
        How quickly can the customer insist on seeing a sibling firm's blessing in black and white under {doc}?
        If the customer doubts the blessing of a sibling firm, how fast must the provider dispel that worry under {doc}?
        """)),
    clause("unlimited", "Unlimited/All-You-Can-Eat-License",
           "Unlimited Use | Use without Limit | Unlimited License", """
        For the purpose of {unlimited_purpose}, {B} may use {subject} without any limit on the number of users,
        devices or transactions. It pays nothing extra for that. Limits that this agreement sets elsewhere apply to
        other purposes only.

        The license of {B} to make use of {subject} for the purpose of {unlimited_purpose} shall be unlimited as to
        users, devices and volume, any limit stated elsewhere herein notwithstanding, and no additional charge shall
        be levied therefor.

        Unlimited use of {subject} by {B} for {unlimited_purpose}, with any number of users and on any devices. No
        additional charge. Use for any other purpose subject to the limits, as far as this Agreement states them.

        Meters spoil good ideas. When it comes to {unlimited_purpose}, we have agreed that {B} uses {subject}
        without limit, with as many users and devices as it likes. For that purpose, {A} does not keep count.

        Where {B} uses {subject} exclusively for the purpose of {unlimited_purpose}, such use is unlimited in number
        and volume. It is agreed that restrictions on users do not apply in this respect and that {A} is not entitled
        to additional remuneration.

        {B} gets unlimited use of {subject} for {unlimited_purpose}, with no meter running. It puts as many users and
        devices on that as it wants, and {A} sends no bill. Anything else runs under the normal limits.
        """, fact("unlimited_purpose", PURPOSES, """
        For what purpose is use unlimited under {doc}?
        For which purpose does {doc} allow use without limit?
        What purpose has no limit on users and devices under {doc}?
        For which purpose may any number of users work without extra charge under {doc}?
        For which purpose does {doc} lift the limits on use?
        What is the purpose for which {doc} grants unlimited use?
        Which activity of the customer escapes every quota under {doc}?
        What sort of activity can the customer step up freely in the absence of a quota under {doc}?
        """)),
    clause("perpetual", "Irrevocable Or Perpetual License",
           "Perpetual License | Perpetual Right of Use | Irrevocable License", """
        {B} receives a perpetual license for the {perpetual_part} that {A} supplies, and the license goes on even after
        the end of this agreement. || The perpetual license becomes irrevocable once {B} has paid its invoices for
        {perpetual_after}, and no later breach takes it away.

        {A} hereby grants to {B} a perpetual license to use the {perpetual_part} delivered hereunder, which license
        shall survive the end hereof. || Upon all invoices of {perpetual_after} having been duly paid, such perpetual
        license shall become irrevocable, any subsequent default notwithstanding.

        Perpetual license of {B} for {perpetual_part}, not affected by the end of this Agreement. || Perpetual license
        irrevocable as soon as the invoices of {perpetual_after} have been paid in full. Earlier revocation only in case
        of serious breach.

        Some things we hand over and never ask back. Even after the end of our arrangement, {B} goes on using the
        {perpetual_part} under a perpetual license. || We give it time to prove itself, and once the invoices of
        {perpetual_after} are paid, this perpetual license is irrevocable.

        Where {A} delivers {perpetual_part} to {B}, a license of perpetual duration is granted for them, and the end of
        this Agreement leaves it unaffected. || In the event that invoices have been paid without arrears for
        {perpetual_after}, the perpetual license is irrevocable, irrespective of the cause invoked.

        For the {perpetual_part}, {B} holds a license that is perpetual, so nothing goes back to {A} when the contract
        ends. || Pay the invoices for {perpetual_after}, and the perpetual license turns irrevocable. Until that day {A}
        may revoke it, though only for a serious breach.
        """, fact("perpetual_part", MATERIALS, """
        For which items does {doc} grant a perpetual license?
        What does the perpetual license in {doc} cover?
        Which items may be used under the perpetual license in {doc}?
        To what does the perpetual license under {doc} extend?
        What may be used even after the end of {doc} under a perpetual license?
        Which delivered items come with a perpetual license in {doc}?
        What material is the customer welcome to consult decades from now thanks to {doc}?
        Which material remains at the customer's disposal for eternity according to {doc}?
        """), fact("perpetual_after", number(3, 30, 1, "months"), """
        After how many months of paid invoices does the perpetual license in {doc} become irrevocable?
        When does the perpetual license under {doc} become irrevocable?
        For how long must invoices have been paid before the perpetual license in {doc} is irrevocable?
        What time of paid invoices makes the perpetual license irrevocable under {doc}?
        The invoices of how many months have to be paid until the perpetual license in {doc} is irrevocable?
        How long does {doc} require invoices to be paid before the perpetual license becomes irrevocable?
        How long must remittances keep flowing for the customer's lasting access to be safe under {doc}?
        When does the customer's lasting access get out of reach for a provider that wants to cancel it under {doc}?
        """)),
    clause("uncapped", "Uncapped Liability", "Uncapped Liability | Unlimited Liability | Exception from the Cap", """
        No cap applies to the liability of {A} for {uncapped_misconduct}. For such claims, {A} compensates {B} in full,
        even where the total is higher than any limit in this agreement. For all else, the limit continues to apply.

        Nothing herein shall operate to cap or limit the liability of {A} in respect of {uncapped_misconduct}, for which
        {A} shall be answerable to {B} without limit as to amount, anything to the contrary contained in this Agreement
        notwithstanding.

        Liability of {A} uncapped in case of {uncapped_misconduct}. Full compensation of {B} in such case, without
        regard to any cap in this Agreement. Cap unaffected as far as other claims are concerned.

        Some misconduct would destroy our trust, and a limit on liability would then be unfair. If it ever comes to
        {uncapped_misconduct} at {A}, we have agreed that its liability towards {B} is unlimited.

        In the event that {B} suffers damage through {uncapped_misconduct} on the part of {A}, liability for it is
        unlimited in amount. It is agreed that any cap on liability that this Agreement states elsewhere does not extend
        to such damage.

        {A} carries unlimited liability for {uncapped_misconduct}, so nobody should point to the cap there. If it
        happens, {B} gets all of its damage paid. The cap is meant for the ordinary mishaps.
        """, fact("uncapped_misconduct", MISCONDUCT, """
        Fraud, intent and injury aside, for what is liability unlimited under {doc}?
        Apart from fraud, willful misconduct and personal injury, for what is liability uncapped in {doc}?
        For which misconduct is liability of the provider alone without limit under {doc}?
        For which misconduct does {doc} place unlimited liability on the provider alone?
        In which case of misconduct, other than fraud or intent, is liability of the provider uncapped under {doc}?
        Fraud, intent and injury apart, for which claims against the provider is there no cap on liability in {doc}?
        Dishonesty, malice and bodily harm aside, which wrong could ruin the provider for want of a ceiling under {doc}?
        Short of dishonesty, malice or bodily harm, which wrong exposes the provider's entire fortune under {doc}?
        """)),
    clause("steering", "", "Steering Committee | Governance | Review Meetings", """
        A steering committee with members from both parties meets every {review_interval} to look at results, plans and
        open points. || {review_chair} chairs the steering committee, sends out the papers for each meeting and keeps
        the minutes.

        The parties shall constitute a steering committee, which shall meet at intervals of {review_interval} and shall
        review the performance hereof. || The said steering committee shall have as its chair {review_chair}, in whose
        absence the members present shall appoint a substitute.

        Chair of the steering committee is {review_chair}. || Meetings of the steering committee at intervals of
        {review_interval}, alternately at the offices of {A} and {B}. Minutes to be sent to all members. Decisions
        only by consent of both parties.

        Partners who talk stay partners. Every {review_interval}, people from {A} and {B} meet as our steering
        committee and look at how we are doing. || We have asked {review_chair} to chair the steering committee and to
        make sure that all voices are heard.

        For the supervision of this Agreement, the Parties establish a steering committee, the chair of which is
        entrusted to {review_chair}. || Where no special meeting is called, the steering committee meets at an interval
        of {review_interval} and deliberates on performance, risks and proposed changes.

        Topics for the steering committee go to its chair, {review_chair}, who builds the agenda from them. || Put a
        meeting of the steering committee into the calendar every {review_interval}. People from {A} and {B} go through
        numbers, open issues and next steps, and minutes go out right after.
        """, fact("review_interval", number(3, 16, 1, "weeks"), """
        How often does the steering committee meet under {doc}?
        At what intervals are meetings of the steering committee held under {doc}?
        How many weeks lie between meetings of the steering committee under {doc}?
        What interval between meetings of the steering committee does {doc} set?
        Every how many weeks does the steering committee of {doc} meet?
        What is the interval of the meetings of the steering committee in {doc}?
        With what regularity do managers of either company get together to discuss {doc}?
        How much time typically passes from a joint discussion among managers to the following one under {doc}?
        """), fact("review_chair", person, """
        Who chairs the steering committee under {doc}?
        Who is the chair of the steering committee in {doc}?
        Which person does {doc} name as chair of the steering committee?
        By whom is the steering committee chaired under {doc}?
        What is the name of the chair of the steering committee under {doc}?
        To whom does {doc} entrust the chair of the steering committee?
        Who has the task of presiding when managers of either company get together under {doc}?
        Which individual moderates the regular joint discussion among managers under {doc}?
        """)),
    clause("storage", "", "Storage and Age of Goods | Storage | Condition of Goods", """
        {A} sends only goods that were produced no more than {stock_age} before dispatch. || {B} keeps the goods in
        closed storage rooms in which relative humidity does not exceed {storage_humidity}, and it lets {A} check
        those rooms on request.

        No goods shall be dispatched hereunder whose production precedes their dispatch by more than {stock_age}. ||
        The goods shall be stored by {B} in rooms wherein the relative humidity shall at no time exceed
        {storage_humidity}, failing which all claims in respect of moisture shall lapse.

        Age of goods at dispatch limited to {stock_age} from production. || Storage of goods by {B} at a relative
        humidity of no more than {storage_humidity}. Dispatch in order of production. Storage rooms open to inspection
        by {A} on request.

        We both want goods that please. Between production of the goods and their dispatch, {A} therefore lets no more
        than {stock_age} go by. || In return, {B} keeps its storage rooms dry, and we have agreed that relative humidity
        in them never exceeds {storage_humidity}.

        Where relative humidity in the storage rooms of {B} exceeds {storage_humidity}, the goods are considered as
        improperly stored, and {B} bears the consequences. || It is agreed that a period of {stock_age} between
        production and dispatch constitutes the maximum age of the goods.

        Once goods are {stock_age} past production, their age rules out dispatch, and {A} keeps them. || {B} watches the
        meter in its storage rooms and holds relative humidity at {storage_humidity} or lower. If the needle climbs, it
        acts the same day.
        """, fact("stock_age", number(4, 40, 1, "weeks"), """
        What is the maximum age of goods at dispatch under {doc}?
        How many weeks after production may goods still be dispatched under {doc}?
        How long before dispatch may goods have been produced under {doc}?
        What age of goods at dispatch does {doc} allow?
        What time between production and dispatch of goods does {doc} permit at most?
        To what age are goods limited at dispatch under {doc}?
        How stale can merchandise be when the provider ships it under {doc}?
        At what point does merchandise become too stale for shipment under {doc}?
        """), fact("storage_humidity", percent(35, 80, 1), """
        What relative humidity is allowed in storage rooms under {doc}?
        What is the maximum relative humidity for the storage of goods under {doc}?
        Up to what relative humidity may goods be stored under {doc}?
        Which limit of relative humidity does {doc} set for storage rooms?
        What level of humidity must storage rooms not exceed under {doc}?
        Above what relative humidity is storage of goods improper under {doc}?
        How damp can the air around unsold merchandise get under {doc}?
        From what percentage on is the customer's warehouse too damp according to {doc}?
        """)),
    clause("subcontractors", "", "Subcontractors | Subcontracting | Use of Subcontractors", """
        {A} may use subcontractors, but their part of the work must not be worth more than {subcontract_share} of its
        total value. || It gives {B} the name of each new subcontractor in writing at least {subcontract_notice} before
        that subcontractor starts.

        Not more than {subcontract_share} of the work to be performed hereunder, reckoned by value, shall be entrusted
        to subcontractors. || The name of any subcontractor shall be disclosed to {B} in writing not less than
        {subcontract_notice} prior to its engagement, and {A} shall be answerable for its acts.

        Subcontracting limited to {subcontract_share} of the work of {A}, measured by value. || Name of each
        subcontractor to be notified to {B} at least {subcontract_notice} before its first use. Responsibility for
        subcontractors remains with {A}.

        What counts for us is the skill of {A} itself. It therefore keeps the work in its own hands, apart from at most
        {subcontract_share} by value that may go to subcontractors. || No stranger should appear without notice, so {B}
        learns the name of a new subcontractor at least {subcontract_notice} ahead of its first day.

        Where {A} intends to engage a subcontractor, it is obliged to disclose the name of the latter in writing,
        observing a notice period of {subcontract_notice} before work commences. || In no case does the work entrusted
        to subcontractors exceed {subcontract_share} of the total value, even where {B} raises no objection.

        Once {A} has given {B} the name of a subcontractor, {subcontract_notice} must go by before that crew starts
        work. || Subcontractors get {subcontract_share} of the work by value and not a bit more. The rest is done by
        the people of {A}.
        """, fact("subcontract_share", percent(10, 60, 2.5), """
        What share of the work may be given to subcontractors under {doc}?
        Up to what percentage of the work does {doc} permit subcontracting?
        To what share of the work is subcontracting limited in {doc}?
        How much of the work may subcontractors do under {doc}?
        What limit on the use of subcontractors does {doc} set?
        What part of the work, by value, may subcontractors perform under {doc}?
        How much of the job can the provider farm out under {doc}?
        What is the largest portion that the provider is free to outsource according to {doc}?
        """), fact("subcontract_notice", number(5, 60, 1, "days"), """
        How long before a subcontractor starts must its name be notified under {doc}?
        What notice of a new subcontractor does {doc} require?
        How many days ahead must the name of a new subcontractor be given under {doc}?
        How far ahead must the name of a subcontractor be disclosed under {doc}?
        With what notice may a new subcontractor be engaged under {doc}?
        What is the notice period for subcontractors in {doc}?
        How early does the customer hear about outsiders being brought in for the job under {doc}?
        If outsourcing is planned, how long has the customer got to vet the outsiders under {doc}?
        """)),
    clause("continuity", "", "Business Continuity | Continuity Plan | Emergency Planning", """
        {A} keeps a continuity plan and puts it to the test every {drill_month}, with a report to {B} afterwards. || If
        its main premises cannot be used, {A} carries on from its standby site in {standby_site}, which is always kept
        ready.

        {A} shall maintain a business continuity plan, a test whereof shall be conducted in the month of {drill_month}
        annually and the results communicated to {B}. || Should its main premises become unusable, {A} shall continue
        the performance hereof from its standby site situated in {standby_site}.

        Standby site of {A} in {standby_site}, for use whenever the main premises fail. || Annual test of the
        continuity plan in {drill_month}, with written report to {B}. Faults found in the test to be removed without
        delay.

        Trouble comes unannounced, and we want to be ready. Every {drill_month}, {A} tries out its continuity plan in a
        test, and {B} is invited to watch. || If the main premises fail, we know that work moves to the standby site of
        {A} in {standby_site}.

        Where the main premises of {A} become unusable, performance is resumed at its standby site, for which
        {standby_site} has been designated. || It is agreed that the continuity plan undergoes an annual test, which
        {A} carries out in {drill_month} and the results of which it submits to {B}.

        Test month for the continuity plan is {drill_month}, and {A} runs the test without a reminder. || When the main
        premises go dark, {A} moves its work to the standby site in {standby_site} and lets {B} know by phone.
        """, fact("drill_month", TEST_MONTHS, """
        In which month is the continuity plan put to the test under {doc}?
        When in the year is the test of the continuity plan under {doc}?
        Which month does {doc} set for the test of the continuity plan?
        In what month does the annual test of the continuity plan under {doc} take place?
        What is the month of the business continuity test in {doc}?
        In which month does {doc} require an annual test of the continuity plan?
        At what time of year does the provider rehearse for a catastrophe under {doc}?
        Which page of the calendar shows the catastrophe rehearsal that {doc} asks for?
        """), fact("standby_site", place, """
        Where is the standby site under {doc}?
        In which place is the standby site according to {doc}?
        From which standby site does work continue if the main premises fail under {doc}?
        Which place does {doc} designate as standby site?
        At what place is work carried on under {doc} when the main premises cannot be used?
        What is the location of the standby site in {doc}?
        To which town would the provider's staff relocate after a catastrophe according to {doc}?
        What town does the provider fall back on if its headquarters burns down under {doc}?
        """)),
    clause("bonus", "", "Performance Bonus | Bonus | Punctuality Bonus", """
        {B} pays {A} a bonus of {bonus_amount} for each calendar quarter in which {A} meets the punctuality target. ||
        The punctuality target is met when at least {bonus_target} of the tasks due in the quarter were completed on
        time.

        For each calendar quarter in which the punctuality target shall have been attained, {B} shall pay to {A} a
        bonus in the sum of {bonus_amount}. || The punctuality target shall be deemed attained where not less than
        {bonus_target} of all tasks falling due were duly completed on time.

        Bonus of {bonus_amount} for {A} per calendar quarter with punctuality target met. || Punctuality target of
        {bonus_target} of all tasks completed on time. Tasks delayed by {B} not counted. Payment with the next invoice.

        Being on time is worth something to us. Whenever {A} completes at least {bonus_target} of its tasks on time in a
        calendar quarter, the punctuality target is met. || For each quarter on target, we have agreed that {B} adds a
        bonus of {bonus_amount} to its payments.

        In the event that {bonus_target} or more of the tasks falling due in a calendar quarter are completed on time,
        the punctuality target is met. || Where this target is met, {A} is entitled to a bonus, the amount of which is
        fixed at {bonus_amount} per quarter.

        Out of all tasks due in a calendar quarter, {bonus_target} done on time is what it takes for {A} to meet its
        punctuality target. || Each quarter on target earns {A} a bonus of {bonus_amount}, and {B} pays without a
        debate. Miss the target and there is no bonus, but no penalty either.
        """, fact("bonus_amount", money(1_000, 80_000, 500), """
        How high is the bonus per quarter under {doc}?
        What bonus is due for a quarter in which the punctuality target is met under {doc}?
        Which bonus does {doc} set for meeting the punctuality target?
        What bonus does a quarter on target earn under {doc}?
        How much is the bonus for punctuality in {doc}?
        What amount of bonus per calendar quarter is agreed in {doc}?
        What extra money does the provider collect after three reliable months under {doc}?
        How large a cash reward follows three reliable months under {doc}?
        """), fact("bonus_target", percent(90, 99.5, 0.5), """
        What is the punctuality target under {doc}?
        What percentage of tasks must be completed on time to meet the target in {doc}?
        Which share of tasks completed on time does {doc} require for the bonus?
        At what percentage of tasks on time is the punctuality target of {doc} met?
        How many of the tasks in a quarter, in percent, must be on time for the bonus under {doc}?
        What percentage of tasks completed on time earns the bonus under {doc}?
        How reliably does the provider have to stick to deadlines if it wants a reward under {doc}?
        What proportion of deadlines must the provider respect to deserve extra money under {doc}?
        """)),
    clause("law", "Governing Law", "Governing Law | Applicable Law | Law", """
        The law of {governing_law} governs this agreement, including the question of whether it was validly made. It
        also governs any claim connected with this agreement, even where that claim does not arise from a contract.

        This Agreement, and all matters arising out of or in connection herewith, shall be governed by and construed
        in accordance with the laws of {governing_law}, without regard to the conflict of laws principles thereof.

        Governing law is the law of {governing_law}, without its conflict of laws rules. Same law for claims that do
        not arise from contract. Mandatory rules of other places apply only where they cannot be excluded.

        We have chosen the law of {governing_law} to govern our relationship, because {A} and {B} both know it well.
        It applies to everything that we have agreed here and to every question that may come out of it.

        To the exclusion of conflict of laws rules, this Agreement is subject to the substantive law of
        {governing_law}. Where claims connected with the Agreement are not contractual in nature, the same applies to
        them.

        Both companies have picked the law of {governing_law} for this contract and for any claim that comes out of it.
        That choice stands wherever the people, the work and the payments happen to be.
        """, fact("governing_law", LAWS, """
        Which law governs {doc}?
        What is the governing law of {doc}?
        Under the law of which place is {doc} construed?
        Which governing law have the parties to {doc} chosen?
        By the laws of which state or country is {doc} governed?
        What law applies to {doc}?
        Which legal system decides how {doc} is read?
        Whose statutes would a judge look to when interpreting {doc}?
        """)),
    clause("venue", "", "Disputes | Arbitration | Settlement of Disputes", """
        If the parties disagree, their managers first talk for {talk_time}. || A dispute that they cannot settle is
        decided by arbitration in {seat}. The award is final, and no court hears the case.

        Any dispute arising hereunder shall first be referred to the senior officers of the parties for {talk_time}.
        || Failing settlement, such dispute shall be finally resolved by arbitration, the seat of which shall be
        {seat}.

        Disputes to be discussed by senior managers for {talk_time} before any further step. || Arbitration in {seat}
        for disputes that remain unsettled. Award final and binding. Language of the arbitration is English.

        If we ever disagree, we talk first. Managers of {A} and {B} have {talk_time} to find a solution. || Should
        that fail, we accept the decision of arbitrators sitting in {seat}.

        Before arbitration of a dispute is commenced, {talk_time} are reserved for talks between the senior managers of
        the Parties with a view to its settlement. || A dispute that remains unresolved is finally determined by
        arbitration, {seat} being the agreed seat. The award binds both Parties.

        When a dispute comes up, managers from both companies sit down together, and they have {talk_time} to find a
        way forward before anyone turns to arbitration. || If they cannot agree, arbitration in {seat} settles the
        matter for good. Work goes on in the meantime.
        """, fact("talk_time", number(10, 60, 1, "days"), """
        How long must managers talk before a dispute under {doc} goes to arbitration?
        For what time are disputes under {doc} discussed by managers first?
        How many days of talks does {doc} require before arbitration?
        What time does {doc} set for settling a dispute between managers?
        How long do senior managers have to settle a dispute under {doc}?
        What period of talks comes before arbitration under {doc}?
        How long is amicable negotiation given a chance under {doc} before outsiders decide?
        When a quarrel over {doc} breaks out, how long do the bosses have to make peace?
        """), fact("seat", SEATS, """
        Where does arbitration under {doc} take place?
        What is the seat of arbitration under {doc}?
        In which city are disputes under {doc} decided by arbitration?
        Which seat of arbitration does {doc} name?
        In what city do the arbitrators sit under {doc}?
        Which place have the parties to {doc} chosen for arbitration?
        To what city would lawyers travel for a hearing about {doc}?
        In which city would a quarrel over {doc} be heard?
        """)),
    clause("notices", "", "Notices | Notices and Contact | Communication", """
        Formal notices to {A} are sent in writing and addressed to {contact}. || A notice sent by registered letter
        counts as received {deemed_time} after it was posted. One handed over in person counts as received at once.

        All notices to be given to {A} hereunder shall be in writing and marked for the attention of {contact}. || Any
        notice sent by registered post shall be deemed to have been received {deemed_time} after posting.

        Notices to {A} in writing, for the attention of {contact}. || Registered letters count as received
        {deemed_time} after posting. Notices handed over in person count as received at once.

        We stay in touch through people whom we know. Whoever writes to {A} formally addresses the notice to
        {contact}. || We treat a registered letter as received {deemed_time} after it was posted.

        Where a formal notice is intended for {A}, it is made in writing and directed to {contact}. || In the event
        that a notice is sent by registered letter, its receipt is deemed to occur on the expiry of {deemed_time} after
        posting. In the case of personal delivery, receipt occurs upon handover.

        {contact} is the person at {A} to whom formal notices go, and they go in writing. || A registered letter takes
        its time, so allow {deemed_time} after posting before such a notice counts as received. Hand it over in person
        and it counts right away.
        """, fact("contact", person, """
        To whom are notices under {doc} addressed?
        For whose attention must notices under {doc} be marked?
        Who is the person named for notices in {doc}?
        Which person receives notices under {doc}?
        To which person must formal notices under {doc} be sent?
        Whom does {doc} name as the addressee of notices?
        Whose name goes on the envelope of an official letter about {doc}?
        Which individual should an official letter about {doc} reach?
        """), fact("deemed_time", number(2, 12, 1, "business days"), """
        When does a notice by registered letter count as received under {doc}?
        How long after posting is a notice under {doc} deemed received?
        After what time is a registered letter taken as received under {doc}?
        How many business days after posting does a notice under {doc} count as received?
        What time after posting does {doc} set for the receipt of registered letters?
        When is a notice sent by registered post deemed received under {doc}?
        How long is an official letter presumed to travel under {doc}?
        If something official is mailed, after how long is it presumed to have arrived under {doc}?
        """)),
)
BY_KEY = {c.key: c for c in CLAUSES}

# Clauses that many contracts have and that carry no fact; in contract order, after the others.
BOILERPLATE: tuple[Clause, ...] = (
    clause("force_majeure", "", "Force Majeure | Events beyond Control", """
        A party is not liable for a failure that it could not have prevented, such as a flood, a war or a strike at
        the works of others. It tells the other party at once and resumes its work as soon as it can.

        Neither party shall be liable for any failure of performance hereof caused by acts of God, war, riot, flood or
        any other circumstance beyond its reasonable control, for so long as such circumstance shall continue.

        Failure to perform excused while caused by events beyond reasonable control. Prompt notice of such events
        required. Reasonable efforts to limit the effects. Duties to pay money not excused.

        Some things are stronger than both of us. If war, flood or a similar event stops {A} or {B} from doing its
        part, we wait, help where we can, and go on as soon as possible.

        Where one of the Parties is prevented from performing by an event that it was unable to avert, its obligation
        is suspended for as long as the event lasts. The other is to be informed without undue delay. Obligations to
        pay money are not suspended.

        Fire, flood, war or a closed port can stop anyone, and nobody owes damages for that. If {A} or {B} gets stuck
        because of something like it, it calls the other right away, keeps the harm small and gets going again once the
        way is clear.
        """),
    clause("third_parties", "Third Party Beneficiary", "Third Parties | No Third Party Rights", """
        Only the parties have rights under this agreement. Nobody else can enforce it, even if it would be to their
        advantage, and the parties may change it without asking anyone else.

        Nothing herein contained, whether express or implied, shall confer upon any person other than the parties
        hereto any right, benefit or remedy of any nature whatsoever.

        Rights under this Agreement for the parties only. Enforcement by third parties excluded. Changes and waivers
        without consent of third parties. No duty to inform third parties.

        This arrangement is between the two of us. {A} and {B} make no promise in it to anyone else, and nobody else
        can rely on it against one of us.

        This Agreement creates rights and obligations solely between the Parties. In the event that a provision is of
        benefit to a third person, that person is nevertheless not entitled to invoke it. No approval from outside is
        required where the Parties amend or end the Agreement.

        This contract is for {A} and {B} only. Customers, lenders and subcontractors cannot use it to claim anything.
        When the two companies want to change it, they ask nobody else.
        """),
    clause("waiver", "", "Waiver | No Waiver", """
        If a party does not use a right at once, it does not lose that right. A party gives up a right only when it
        says so in writing, and only for the case that it names.

        No failure or delay by either party in exercising any right hereunder shall operate as a waiver thereof, nor
        shall any single exercise preclude any further exercise of the same.

        Waiver of a right only in writing and only for the case named. Delay is no waiver. Earlier patience gives no
        claim to later patience.

        We will not always insist on every right. If {A} or {B} is generous once, that does not mean that it has given
        up the right for good.

        Where one of the Parties does not assert a right, or asserts it only in part, the right is not lost for that
        reason. A waiver is valid only if declared in writing, and it does not extend beyond the individual case for
        which it is declared.

        Letting something slide one day does not mean letting it slide forever. {A} and {B} keep all their rights until
        they sign one away in writing, and then it is gone for that one case and no other.
        """),
    clause("severability", "", "Severability | Invalid Provisions", """
        If a court finds that part of this agreement is invalid, the rest stays in force. The parties will replace the
        invalid part with a valid one that comes as close as possible to what they intended.

        Should any provision hereof be held to be invalid or unenforceable, such holding shall not affect the validity
        of the remaining provisions, which shall continue in full force and effect.

        Invalid provisions to be severed. Remainder of this Agreement unaffected. Replacement provision to be agreed
        in good faith, as near as possible to the commercial aim of the one that was severed.

        If one of our promises turns out not to be valid in law, we keep all the others. {A} and {B} will then look
        together for a valid rule that serves the same purpose.

        The invalidity of one provision leaves the others untouched. Where a gap results, the Parties fill it by
        agreement with a provision that is valid and that achieves, to the extent possible, the economic result which
        they had in mind.

        One bad line does not sink the contract. If a judge strikes out a sentence, the rest keeps working, and {A} and
        {B} sit down and write a legal one that gets them to the same place.
        """),
    clause("entire", "", "Entire Agreement | Whole Agreement", """
        This agreement contains everything that the parties have agreed about its subject. It replaces all earlier
        drafts, letters and conversations, and neither party has relied on a promise that is not written down here.

        This Agreement constitutes the entire understanding between the parties hereto with respect to the subject
        matter hereof and supersedes all prior negotiations, representations and undertakings, whether oral or
        written.

        Whole agreement of the parties on its subject. Earlier drafts, offers and correspondence superseded. General
        terms of business of either party excluded, even where printed on orders or invoices.

        Everything that we have agreed is written in this document. What {A} and {B} said or wrote to each other
        before helped us to get here, but it no longer counts once we have signed.

        It is agreed that this document sets out the arrangements of the Parties completely and conclusively. Where
        earlier drafts, offers or oral statements deviate from it, they are without effect. Standard terms of business
        do not apply even where they are not objected to.

        If it is not in here, it is not part of the deal. Old offers, slides, emails and handshakes no longer count,
        and neither does the small print on the forms of {A} or {B}.
        """),
    clause("amendments", "", "Amendments | Changes in Writing", """
        A change to this agreement is valid only if it is in writing and signed by both parties. This also applies to
        a change of this rule. Messages by telephone or chat are not enough.

        No variation hereof shall be of any effect unless made in writing and executed by the duly authorized
        representatives of both parties, and this requirement shall itself be varied only in like manner.

        Changes in writing only, signed by both parties. Same form for any waiver of this form. Oral side agreements
        without effect, even where the parties have already acted on them.

        Things change, and then we put it on paper. A change to what we have agreed here counts once {A} and {B} have
        both signed it, and not before.

        Amendments and supplements to this Agreement, including to this provision, require written form and the
        signature of both Parties in order to be valid. Where the Parties depart from the Agreement in practice, this
        does not amount to an amendment.

        Nobody changes this contract by phone, chat or handshake. Write the change down, get it signed by {A} and by
        {B}, and keep it with the contract. Until both signatures are there, the old text applies.
        """),
    clause("counterparts", "", "Counterparts | Signature", """
        The parties may sign separate copies of this agreement. All signed copies together form one agreement, and a
        copy that is signed electronically is as good as one on paper.

        This Agreement may be executed in any number of counterparts, each of which shall be deemed an original, and
        all of which together shall constitute one and the same instrument.

        Signature in counterparts permitted. Electronic signature permitted. All counterparts together are one
        document. Each party keeps one signed copy for its own records and for proof.

        We do not need to be in one room to sign. Each of us may sign its own copy, on paper or electronically, and
        together they are our agreement.

        Where the Parties sign on different copies of this Agreement, every copy is regarded as an original, and
        together they constitute a single document. It is agreed that a signature in electronic form has the same
        effect as one by hand.

        {A} signs one copy, {B} signs another, and the two together make the contract. Pen or electronic signature,
        both work. Each company sends the other a scan of what it signed, to be kept with the contract.
        """),
)


@dataclass(frozen=True)
class ContractType:
    """A kind of contract: `roles` of A and B, its possible subjects, clause keys always and sometimes present."""

    key: str
    name: str
    roles: tuple[str, str]
    subjects: tuple[str, ...]
    core: tuple[str, ...]
    optional: tuple[str, ...]


def contract_type(key: str, name: str, roles: str, subjects: str, core: str, optional: str) -> ContractType:
    """A contract type from short lists: roles and subjects divided by commas, clause keys by spaces."""
    provider, receiver = roles.split(", ")
    return ContractType(key, name, (provider, receiver), tuple(subjects.split(", ")), tuple(core.split()),
                        tuple(optional.split()))


TYPES: tuple[ContractType, ...] = (
    contract_type(
        "supply", "Supply Agreement", "Supplier, Buyer",
        "industrial sensors, glass bottles, frozen vegetables, steel cables, printed labels, wooden pallets, lamp oil",
        "effective term renewal nonrenewal delivery warranty payment confidentiality cap cause law notices",
        """exclusivity minimum volume delay acceptance deposit orders price mfn insurance claims nosolicit reputation
        assignment control refusal convenience venue joint uncapped steering storage bonus"""),
    contract_type(
        "license", "Software License Agreement", "Licensor, Licensee",
        "route planning software, payroll software, imaging software, warehouse software, tax software, map software",
        "effective expiry license warranty fee payment confidentiality cap cause law notices",
        """site affiliates escrow acceptance response orders mfn audit incident ip claims nosolicit assignment control
        convenience transition venue joint licensor_affiliates unlimited perpetual uncapped"""),
    contract_type(
        "distribution", "Distribution Agreement", "Manufacturer, Distributor",
        "garden tools, hearing aids, roasted coffee, water filters, bicycle parts, kitchen scales, ski boots",
        "effective term renewal nonrenewal exclusivity minimum delivery payment cap cause law notices",
        """noncompete delay warranty deposit orders price audit insurance confidentiality claims customers reputation
        assignment control refusal convenience venue exception uncapped steering storage"""),
    contract_type(
        "services", "Services Agreement", "Provider, Client",
        "laboratory testing, market research, staff training, translation work, building design, crop surveys",
        "effective term lead fee payment insurance confidentiality cap cause law notices",
        """acceptance orders mfn incident ip claims nosolicit reputation assignment control convenience transition
        venue joint perpetual uncapped steering subcontractors continuity bonus"""),
    contract_type(
        "hosting", "Hosting Agreement", "Host, Customer",
        "archive hosting, web shop hosting, mail hosting, database hosting, video hosting",
        "effective term renewal nonrenewal uptime fee payment incident confidentiality cap cause law notices",
        """affiliates response lead deposit orders mfn insurance claims nosolicit assignment control convenience
        transition venue licensor_affiliates unlimited uncapped steering subcontractors continuity bonus"""),
    contract_type(
        "manufacturing", "Manufacturing Agreement", "Manufacturer, Customer",
        "circuit boards, pump housings, plastic lenses, gear wheels, battery packs, aluminum frames",
        "effective expiry delivery delay warranty payment insurance cap cause law notices",
        """minimum volume acceptance deposit orders price mfn confidentiality ip claims nosolicit assignment control
        convenience transition venue joint perpetual uncapped steering storage subcontractors continuity bonus"""),
    contract_type(
        "franchise", "Franchise Agreement", "Franchisor, Franchisee",
        "coffee bars, language schools, fitness studios, bicycle shops, flower shops, bakeries",
        "effective expiry exclusivity noncompete fee payment revenue audit cap cause law notices",
        """deposit orders confidentiality claims nosolicit reputation assignment control convenience venue exception
        licensor_affiliates uncapped"""),
    contract_type(
        "maintenance", "Maintenance Agreement", "Contractor, Owner",
        "elevators, wind turbines, cooling plants, baggage belts, printing presses, harbor cranes",
        "effective term renewal nonrenewal response fee payment insurance cap cause law notices",
        """lead orders mfn confidentiality claims nosolicit reputation assignment control convenience transition venue
        perpetual uncapped steering subcontractors continuity bonus"""),
    contract_type(
        "reseller", "Reseller Agreement", "Vendor, Reseller",
        "backup subscriptions, map subscriptions, payroll subscriptions, language courses, music subscriptions",
        "effective term renewal nonrenewal revenue payment audit cap customers cause law notices",
        """exclusivity noncompete minimum deposit orders price confidentiality incident claims nosolicit reputation
        assignment control refusal convenience venue exception licensor_affiliates unlimited uncapped steering"""),
    contract_type(
        "lease", "Equipment Lease Agreement", "Lessor, Lessee",
        "forklifts, printing presses, coffee machines, scaffolds, generators, delivery vans, scanners",
        "effective term renewal nonrenewal fee deposit payment insurance cap cause law notices",
        """site response price claims confidentiality assignment control refusal convenience venue delivery acceptance
        uncapped steering storage bonus"""),
    contract_type(
        "research", "Research Agreement", "Institute, Sponsor",
        "new battery materials, soil sensors, sleep studies, wheat varieties, ship paints, hearing tests",
        "effective expiry lead fee payment ip joint confidentiality cap cause law notices",
        """acceptance audit insurance incident claims nosolicit reputation assignment control convenience transition
        venue noncompete perpetual uncapped steering subcontractors continuity bonus"""),
    contract_type(
        "transport", "Transport Agreement", "Carrier, Shipper",
        "chilled food, machine parts, new cars, timber, museum pieces, laboratory samples, fertilizer",
        "effective term renewal nonrenewal delivery delay price payment insurance cap cause law notices",
        """minimum volume acceptance deposit orders mfn claims nosolicit confidentiality assignment control convenience
        venue exclusivity uncapped steering storage subcontractors bonus"""),
)
TYPE_BY_KEY = {t.key: t for t in TYPES}

# How a question names a contract. No possessive: many company names end in s.
REFERENCES = (
    "the {kind} between {{A_name}} and {{B_name}}",
    "the {kind} of {{A_name}} with {{B_name}}",
    "the {kind} that {{A_name}} signed with {{B_name}}",
    "the {short} contract between {{A_name}} and {{B_name}}",
    "the {short} contract of {{A_name}} and {{B_name}}",
    "the {short} contract that {{A_name}} has with {{B_name}}",
)

# Clauses whose facts an amendment may change, with the names of those facts.
AMENDABLE: dict[str, tuple[str, ...]] = {
    key: tuple(f.name for f in BY_KEY[key].facts)
    for key in """term renewal nonrenewal license site affiliates exclusivity noncompete minimum volume delivery
    delay acceptance warranty uptime response lead fee deposit orders payment price revenue audit
    insurance confidentiality incident cap nosolicit assignment control refusal convenience cause
    transition venue notices exception joint licensor_affiliates unlimited perpetual uncapped steering
    storage subcontractors continuity bonus""".split()
}
AMENDMENT_WORDINGS = (
    'Section {section}.{part} of the Agreement ("{title}") is deleted and replaced with the following: "{new_text}"',
    'The parties hereto agree that Section {section}.{part} of the Agreement, headed "{title}", shall be deleted in '
    'its entirety and that the following shall be substituted therefor: "{new_text}"',
    'Section {section}.{part} ("{title}"): previous text deleted; new text as follows: "{new_text}"',
    'We have agreed to change Section {section}.{part} of our Agreement ("{title}"). In its place, we now agree on '
    'this: "{new_text}"',
    'It is agreed that the wording of Section {section}.{part} of the Agreement ("{title}") ceases to apply and that '
    'the following wording takes its place: "{new_text}"',
    'Cross out Section {section}.{part} of the contract ("{title}"). From now on, work with this text instead: '
    '"{new_text}"',
)

OPENINGS = blocks("""
    This {type} is dated {date_signed} and made between {A_full} ("{A_called}") and {B_full} ("{B_called}"). It
    concerns {subject}.

    THIS {type} is made on {date_signed} by and between {A_full} (hereinafter called "{A_called}"), of the one part,
    and {B_full} (hereinafter called "{B_called}"), of the other part, with respect to {subject}, and witnesseth as
    follows.

    Parties: {A_full} ("{A_called}"); {B_full} ("{B_called}"). Date of signature: {date_signed}. Subject of this
    Agreement: {subject}.

    We, {A_full} (in this document "{A_called}") and {B_full} (in this document "{B_called}"), want to work together
    on {subject}. On {date_signed} we agreed on what follows.

    Between {A_full}, hereinafter "{A_called}", and {B_full}, hereinafter "{B_called}", together "the Parties", the
    following {type} concerning {subject} is concluded on {date_signed}.

    {A_full} ("{A_called}") and {B_full} ("{B_called}") are doing business with each other in {subject}, and this {type}
    tells their people who does what. Both companies signed it on {date_signed}.
    """)


def contract_names(rng: Random, kind: ContractType, style: int) -> dict[str, str]:
    """Everything that the templates of a contract mention: its parties, what they are called, subject and date."""
    a_name = company(rng)
    b_name = company(rng)
    while b_name.split()[0] == a_name.split()[0]:
        b_name = company(rng)
    by_role = style % STYLES in ROLE_STYLES
    a_called, b_called = (
        f"the {role}" if by_role else name.split()[0] for role, name in zip(kind.roles, (a_name, b_name), strict=True)
    )
    return {
        "type": kind.name,
        "A_name": a_name,
        "B_name": b_name,
        "A_full": f"{a_name} {rng.choice(LEGAL_FORMS)}",
        "B_full": f"{b_name} {rng.choice(LEGAL_FORMS)}",
        "A_called": a_called,
        "B_called": b_called,
        "A": a_called,
        "B": b_called,
        "subject": rng.choice(kind.subjects),
        "date_signed": date(2015, 2025)(rng),
    }


def in_currency(item: Clause, currency: str) -> Clause:
    """The clause with its sums of money drawn in one currency, so that a contract does not mix several."""

    def fixed(value: Value) -> Value:
        return lambda rng: f"{currency} {value(rng).split(' ', 1)[1]}"

    return replace(item, facts=tuple(
        replace(f, value=fixed(f.value)) if f.name in MONEY_FACTS else f for f in item.facts
    ))


def contract_clauses(rng: Random, kind: ContractType, optional: int | None = None,
                     plain: int | None = None) -> list[Clause]:
    """The clauses of one contract in contract order: the core, `optional` others and `plain` boilerplate.

    Without the counts, 3 to 6 optional clauses and 1 to 3 boilerplate clauses (fewer where the type has fewer).
    All sums of money are in one currency, also when `fact.value` of a returned clause is drawn again for an amendment.
    """
    optional = rng.randint(3, 6) if optional is None else optional
    plain = rng.randint(1, 3) if plain is None else plain
    currency = rng.choice(CURRENCIES)
    keys = set(kind.core) | set(rng.sample(kind.optional, min(optional, len(kind.optional))))
    chosen = [in_currency(c, currency) for c in CLAUSES if c.key in keys]
    rest = set(rng.sample(range(len(BOILERPLATE)), min(plain, len(BOILERPLATE))))
    return chosen + [c for i, c in enumerate(BOILERPLATE) if i in rest]


def genre(kind: ContractType) -> Genre:
    """The text engine's genre of a contract type; its `names` takes (rng, style)."""

    def names(rng: Random, style: int = 0) -> dict[str, str]:
        return contract_names(rng, kind, style)

    title = kind.name + " between {A_name} and {B_name}"
    used = set(kind.core) | set(kind.optional)
    long, short = kind.name.lower(), kind.name.lower().removesuffix(" agreement")
    named = tuple(text.format(kind=long, short=short) for text in REFERENCES)
    return Genre(kind.key, names, (title,), named, OPENINGS, tuple(c for c in CLAUSES if c.key in used))


GENRES: dict[str, Genre] = {kind.key: genre(kind) for kind in TYPES}


def part_of(wording: str, fact_name: str) -> tuple[int, str]:
    """The number (from 1) and template of the paragraph of a wording that states a fact; KeyError if none does."""
    for i, template in enumerate(wording.split(" || "), 1):
        if "{" + fact_name + "}" in template:
            return i, template
    raise KeyError(fact_name)
