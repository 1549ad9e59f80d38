"""Everyday genres on which Clerk learns to read: manuals, handbooks, minutes, letters and so on, none about contracts.

`GENRES` are the genres, `REVISIONS` the notices that change one section of such a document, `DIRECTORY` a register of
renamed and owned companies for questions that take two steps.

Wordings stand in one block, separated by blank lines; they are ordered plain, formal, terse, chatty, so that a style
keeps its voice over a document. Questions stand one to a line; the last two avoid the words of the wordings.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from .text import Clause, Fact, Genre, Written, fill, write_clause
from .values import Value, code, coined, company, date, money, number, one_of, percent, person, place, product


def lines(block: str) -> tuple[str, ...]:
    """The non-empty lines of a block, stripped."""
    return tuple(line.strip() for line in block.strip().splitlines() if line.strip())


def paragraphs(block: str) -> tuple[str, ...]:
    """The paragraphs of a block, which blank lines separate; line breaks inside one become spaces."""
    return tuple(" ".join(part.split()) for part in block.strip().split("\n\n"))


def clause(key: str, titles: str, wordings: str, *facts: Fact) -> Clause:
    """A clause outside contracts: `titles` separated by '; ', `wordings` by blank lines."""
    return Clause(key, "", tuple(titles.split("; ")), paragraphs(wordings), facts)


def fact(name: str, value: Value, questions: str) -> Fact:
    return Fact(name, value, lines(questions))


def year(first: int, last: int) -> Value:
    """A calendar year, written without a thousands separator."""
    return lambda rng: str(rng.randint(first, last))


def time_of_day(first: str, last: str) -> Value:
    """A clock time between two others, in steps of 5 minutes: time_of_day('08:00', '09:30') may give '08:45'."""
    low, high = (int(text[:2]) * 60 + int(text[3:]) for text in (first, last))

    def make(rng: Random) -> str:
        minutes = rng.randrange(low, high + 1, 5)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"

    return make


def manual_names(rng: Random) -> dict[str, str]:
    kind = one_of("air purifier", "cordless vacuum", "carpet cleaner", "dehumidifier", "leaf blower", "window washer")
    return {"product": product(rng), "maker": company(rng), "kind": kind(rng)}


MANUAL = Genre(
    "manual", manual_names,
    titles=("User manual of the {product} by {maker}",),
    references=(
        "the {product} manual", "{maker}'s manual for the {product}", "the user manual of the {product}",
        "the instruction leaflet for the {product} from {maker}", "the booklet that comes with the {product}",
        "the {maker} {product} user guide",
    ),
    openings=paragraphs("""
        Thank you for choosing the {product}. Please read this booklet before you plug in your new {kind}.

        This document describes the intended operation and care of the {product}, a {kind} manufactured by {maker}.

        {product}, {kind}. Keep these instructions near the appliance.

        Hello and welcome! You have just unpacked a {product}, and we at {maker} hope the {kind} serves you well.
    """),
    clauses=(
        clause("charging", "Charging; Battery and charger; Power", """
            Before the first use, leave the battery on its dock for {charge_time}. A full battery then runs the motor
            for about {run_time} at medium power, and the two green lamps go out one after the other as it drains.

            The accumulator shall remain connected for {charge_time} prior to initial operation. Under normal load an
            operating period of {run_time} may be expected from a single charge.

            Run time {run_time} on a full battery. From empty to full in {charge_time}, on the supplied dock only. Keep
            dry.

            Pop it on the dock and give it {charge_time} to fill up, no peeking. After that you can wander around the
            house for some {run_time} before it begs for the socket again.
        """,
            fact("charge_time", number(65, 240, 5, "minutes"), """
                According to {doc}, how long must the battery charge before the first use?
                How long does the battery stay on the dock to fill up, according to {doc}?
                What charging time is given in {doc}?
                How long does charging take in {doc}?
                What wait does {doc} prescribe before an owner can switch the appliance on for the very first time?
                In {doc}, how much patience is needed to bring the cell up to a hundred percent?
            """),
            fact("run_time", number(15, 60, 5, "minutes"), """
                How long does a full battery run the motor, according to {doc}?
                What run time does {doc} give for one charge?
                In {doc}, what operating period may be expected from a single charge?
                According to {doc}, for how long does the appliance work on a full battery?
                How long can somebody clean without a cable, going by {doc}?
                What endurance away from the mains does {doc} promise?
            """)),
        clause("filter", "Filter; Looking after the filter; Filter care", """
            Rinse the filter under cold water every {rinse}. It has to be replaced after {replace} of use; the spare
            part is sold under the number {part} and comes in a box of 2.

            The filter element, part number {part}, is to be washed at intervals of {rinse} and renewed once {replace}
            of operation have accumulated.

            Filter: rinse every {rinse} with cold water, no soap. New one after {replace}. Order as {part}, box of 2.

            A dusty filter makes the motor grumble, so give it a quick shower every {rinse}. When you have clocked up
            {replace}, treat it to a new one and ask your shop for {part}.
        """,
            fact("rinse", number(2, 9, 1, "weeks"), """
                How often should the filter be rinsed, according to {doc}?
                At what interval does {doc} want the filter washed?
                In {doc}, every how many weeks is the filter cleaned with water?
                What time may pass between two washes of the filter, according to {doc}?
                With what regularity does {doc} tell owners to hold the dust catcher below the tap?
                In {doc}, what is the rhythm for wetting the mesh that traps dirt?
            """),
            fact("replace", number(200, 900, 50, "hours"), """
                After how much use must the filter be replaced, according to {doc}?
                When does {doc} call for a new filter?
                How many hours of operation does a filter last in {doc}?
                In {doc}, after what running time is the filter renewed?
                What is the total life of the dust catcher according to {doc}?
                How long until the mesh belongs in the bin, going by {doc}?
            """),
            fact("part", code(), """
                What is the part number of the filter in {doc}?
                Under what number is the spare filter sold, according to {doc}?
                Which number does {doc} give for ordering a new filter?
                What should be ordered when the filter is worn out, according to {doc}?
                Which code identifies the consumable dust catcher in {doc}?
                What does a buyer of a fresh mesh have to quote, going by {doc}?
            """)),
        clause("placement", "Where to put it; Placement; Setting up", """
            Stand the appliance on a level floor and keep at least {gap} between its back and the wall. It weighs
            {weight}, so lift it with both hands and bend your knees.

            A clearance of no less than {gap} shall be maintained behind the housing. Owing to a mass of {weight}, the
            equipment must not be set on shelves higher than one meter.

            Weight of {weight} without battery. Wall distance {gap} or more; never on a carpet thicker than a finger.

            It likes to breathe, so leave {gap} of air behind it. And mind your back when you carry it upstairs, since
            {weight} is heavier than it looks.
        """,
            fact("gap", number(10, 60, 5, "cm"), """
                How much space must be left behind the appliance, according to {doc}?
                What distance to the wall does {doc} require?
                In {doc}, what clearance is needed at the back?
                How far from the wall should the appliance stand, according to {doc}?
                How close may the rear get to a vertical surface in {doc}?
                Which minimum separation from the room's edge is named in {doc}?
            """),
            fact("weight", number(3, 28, 1, "kg"), """
                How heavy is the appliance described in {doc}?
                What does the appliance weigh, according to {doc}?
                Which weight is stated in {doc}?
                What is the mass of the equipment in {doc}?
                What would a pair of bathroom scales show with the machine on it, going by {doc}?
                How much would a courier have to haul, according to {doc}?
            """)),
        clause("temperature", "Room conditions; Operating conditions; Heat and cold", """
            You can use the machine in rooms of up to {max_temp}. Below {min_temp} the battery loses its strength for
            the day, although it recovers overnight.

            Operation is permissible at ambient temperatures from {min_temp} to {max_temp}, provided that the relative
            humidity does not exceed four fifths.

            Indoor use only, dry rooms. Do not run above {max_temp}. Do not charge or run below {min_temp}.

            Heat waves are hard on everybody: once the room is hotter than {max_temp}, let it rest. It does not enjoy
            the cold either, and anything under {min_temp} makes it sulk.
        """,
            fact("max_temp", number(31, 48, 1, "°C"), """
                What is the highest room temperature allowed in {doc}?
                Up to what temperature can the machine be used, according to {doc}?
                Above which temperature should the machine not run, according to {doc}?
                What is the upper temperature limit in {doc}?
                How warm may the surroundings get at most under {doc}?
                In summer, which thermometer reading is the ceiling according to {doc}?
            """),
            fact("min_temp", number(2, 15, 1, "°C"), """
                What is the lowest room temperature allowed in {doc}?
                Below which temperature should the machine not be used, according to {doc}?
                What is the lower temperature limit in {doc}?
                Under what temperature does the machine have trouble, according to {doc}?
                How chilly may the surroundings get at worst under {doc}?
                In winter, which thermometer reading is the floor according to {doc}?
            """)),
        clause("lamp", "Warning lamp; Signals; What the lamp means", """
            When the lamp on the handle turns {jam_color}, the brush is blocked. If it flashes {leak_color} instead,
            water has entered the motor and you must pull the plug at once.

            A {leak_color} flashing signal denotes moisture in the motor compartment. An obstruction of the rotating
            brush is indicated by a steady {jam_color} light.

            Lamp {jam_color} and steady means brush blocked. Lamp {leak_color} and flashing means wet motor, so unplug
            now.

            Don't panic if a {jam_color} glow appears, it is only the brush that got stuck on a sock. A {leak_color}
            flicker, on the other hand, tells you the motor got wet, so unplug it right away.
        """,
            fact("jam_color", one_of("red", "yellow", "white", "pink"), """
                What color does the lamp show when the brush is blocked, according to {doc}?
                Which light in {doc} means that the brush is stuck?
                In {doc}, what is the color of the lamp for a blocked brush?
                According to {doc}, a stuck brush is shown by which color?
                Which hue tells the owner that something is tangled around the roller, going by {doc}?
                In {doc}, how is a caught sweeper displayed?
            """),
            fact("leak_color", one_of("blue", "orange", "purple", "turquoise"), """
                What color does the lamp flash when water is in the motor, according to {doc}?
                Which light in {doc} warns of a wet motor?
                In {doc}, what color stands for moisture in the motor?
                According to {doc}, which flashing color means that the plug must be pulled?
                Which hue announces that liquid reached the drive, going by {doc}?
                In {doc}, how is a soaked engine displayed?
            """)),
        clause("storage", "Storage; Putting it away; When not in use", """
            If you will not need the machine for more than {idle}, take the battery out and keep it in {store_place}.
            Wind the cable loosely, in loops as wide as a plate.

            Where the appliance is to remain unused for longer than {idle}, the battery shall be removed and deposited
            in {store_place}.

            Unused for over {idle}: battery out. Keep it in {store_place}, half full, away from children and pets.

            Going on a long trip? Fine, but for any break beyond {idle} please slip the battery out and tuck it away in
            {store_place}, where it can sleep in peace.
        """,
            fact("idle", number(2, 11, 1, "months"), """
                After what period without use should the battery be taken out, according to {doc}?
                In {doc}, how long must the machine be unused before the battery is removed?
                For what break does {doc} ask the owner to remove the battery?
                How long can the battery stay in an unused machine, according to {doc}?
                What length of absence makes separate keeping of the cell necessary under {doc}?
                How many months of standing still does {doc} tolerate with the cell inside?
            """),
            fact("store_place", one_of("a dry cupboard", "the padded case", "a tin box", "the original carton",
                                       "a cool cellar", "the drawer of the dock"), """
                Where should the battery be kept when the machine is not in use, according to {doc}?
                In what place does {doc} want the removed battery?
                Where does the battery go during a long break, according to {doc}?
                What does {doc} name as the place for the battery while it is out of the machine?
                What is the recommended resting spot for the cell in {doc}?
                Before a long voyage, where would an owner who follows {doc} put the cell?
            """)),
        clause("guarantee", "Guarantee; If something breaks; Our promise", """
            {maker} repairs faults free of charge for {cover} after the purchase. After that, a repair costs {fee} plus
            parts, and the workshop in {workshop} will send you an estimate first.

            Defects appearing within {cover} of purchase will be remedied without cost. Thereafter a flat fee of {fee}
            is charged by the service center at {workshop}.

            Free repairs for {cover}. Later {fee} each, parts extra. Send the machine to {workshop} with a copy of the
            receipt.

            We stand behind what we build. For {cover} you pay nothing, and from then on we ask {fee} whenever the good
            people of our {workshop} workshop have to open the housing.
        """,
            fact("cover", number(18, 72, 6, "months"), """
                For how long are repairs free after the purchase, according to {doc}?
                What is the length of the guarantee in {doc}?
                How long does the maker fix faults without charge, according to {doc}?
                In {doc}, within what time of purchase are defects repaired at no cost?
                How many months go by before mending is no longer gratis under {doc}?
                Until what age of the machine does its producer bear all expenses, going by {doc}?
            """),
            fact("fee", money(20, 95, 5), """
                What does a repair cost once the guarantee is over, according to {doc}?
                Which fee does {doc} set for later repairs?
                In {doc}, what is charged for a repair that is no longer free?
                How much must the owner pay for a repair outside the guarantee, according to {doc}?
                What is the price of mending an old machine, leaving out components, in {doc}?
                What sum will be on the bill for labor when an aged machine is mended, going by {doc}?
            """),
            fact("workshop", place, """
                Where is the repair workshop, according to {doc}?
                To which town are machines sent for repair in {doc}?
                In {doc}, where does the service center stand?
                Which place does {doc} give for the workshop?
                In what location do technicians mend broken machines, going by {doc}?
                To where would an owner address a parcel with a faulty machine under {doc}?
            """)),
        clause("sound", "Noise and power; Levels; Quiet mode", """
            The machine has {levels} and reaches {loud} on the strongest one. At night choose the lowest, which
            neighbors on the same floor will hardly notice.

            Sound emission amounts to {loud} at full output. The output may be adjusted over {levels} by means of the
            rotary switch.

            Noise at full power {loud}, measured at one meter. Rotary switch with {levels}. No silent mode.

            Turn the knob through its {levels} until it suits your mood. At full blast it roars along at {loud}, which
            is roughly a busy street, so the cat may leave the room.
        """,
            fact("loud", number(52, 84, 1, "decibels"), """
                How loud is the machine at full power, according to {doc}?
                What sound level does {doc} state?
                Which noise figure is given in {doc}?
                In {doc}, what noise does the machine make on the strongest setting?
                How much of a racket does the motor cause at maximum, going by {doc}?
                What would a meter for acoustics display next to the machine, according to {doc}?
            """),
            fact("levels", number(3, 12, 1, "settings"), """
                How many settings does the switch have in {doc}?
                What number of power settings is named in {doc}?
                According to {doc}, how finely can the power be adjusted?
                Over how many steps can the output be changed, according to {doc}?
                Between how many strengths can the owner select, going by {doc}?
                What choice of speeds does {doc} describe?
            """)),
        clause("helpline", "Questions; Customer help; Talk to us", """
            Our help desk answers the phone from {opens} on working days, and {helper} looks after letters. Have the
            serial number from the underside ready before you call.

            Inquiries in writing should be addressed to {helper}. Telephone assistance is available from {opens},
            Sundays and public holidays excepted.

            Phone help from {opens}, Monday to Friday. Letters to {helper}, two pages at most, serial number on top.

            Stuck? Ring us any weekday after {opens}, or write to {helper}, who has read every letter since our very
            first model and still enjoys them.
        """,
            fact("opens", time_of_day("07:00", "10:45"), """
                From what time does the help desk answer the phone, according to {doc}?
                When does telephone help start in {doc}?
                At what hour can customers begin to call, according to {doc}?
                What is the earliest time for a call to the help desk in {doc}?
                When are the lines staffed in the morning, going by {doc}?
                Before which hour is it useless to dial, according to {doc}?
            """),
            fact("helper", person, """
                Who looks after letters from customers, according to {doc}?
                To whom should written questions be addressed in {doc}?
                Who does {doc} name for inquiries in writing?
                Which person answers letters, according to {doc}?
                Who is in charge of correspondence by mail in {doc}?
                Whose name belongs on the envelope of a complaint, going by {doc}?
            """)),
    ),
)


def handbook_names(rng: Random) -> dict[str, str]:
    return {"company": company(rng), "town": place(rng)}


HANDBOOK = Genre(
    "handbook", handbook_names,
    titles=("Staff handbook of {company}, {town}",),
    references=(
        "the {company} staff handbook", "the handbook for employees of {company}", "{company}'s staff handbook",
        "the rulebook for staff at {company} in {town}", "the employee guide of {company}",
        "the handbook that {company} gives to its people",
    ),
    openings=paragraphs("""
        This handbook tells you how things are done at {company}. Ask your team leader if anything is unclear.

        The following rules apply to all employees of {company} at its premises in {town}.

        House rules, {company}, {town} site. Valid for everybody.

        Welcome to {company}! We are glad you are here in {town}, and these pages answer what newcomers ask most.
    """),
    clauses=(
        clause("holiday", "Annual leave; Time off; Holidays", """
            Everybody has {leave} of paid holiday a year. Please hand in your wishes {ahead} ahead, because no more
            than 3 people of a team can be away together.

            Employees are entitled to annual leave of {leave}. Applications are to be lodged {ahead} in advance with
            the head of the department.

            Paid leave {leave} per year, part-timers in proportion. Apply {ahead} before it starts, on the blue form.

            We all need a beach now and then: you get {leave} off each year, fully paid. Just tell your team {ahead}
            before you pack, so someone can water your plants.
        """,
            fact("leave", number(21, 38, 1, "days"), """
                How much paid holiday a year does {doc} grant?
                According to {doc}, what annual leave do employees get?
                How many days off per year are paid, according to {doc}?
                In {doc}, what is the yearly holiday entitlement?
                How long may someone stay away on vacation in twelve months under {doc}?
                What total of free time with salary does {doc} promise?
            """),
            fact("ahead", number(2, 7, 1, "weeks"), """
                How far in advance must holiday be requested, according to {doc}?
                What notice for annual leave does {doc} ask for?
                In {doc}, how long before it starts must leave be applied for?
                How early should holiday wishes be handed in, according to {doc}?
                With what lead must someone announce a vacation under {doc}?
                At what latest point prior to a trip is a request in order, going by {doc}?
            """)),
        clause("sickness", "Illness; When you are ill; Sick leave", """
            If you are ill, call {nurse} before {call_by} on the first day. A doctor's note is needed as soon as you
            are absent for more than {note_after}.

            Absence through illness is to be reported by {call_by} to {nurse}. Where it exceeds {note_after}, a medical
            certificate must be furnished.

            Ill? Phone {nurse} by {call_by}, no text messages. Doctor's note if away for longer than {note_after}.

            Feeling rotten? Stay in bed, but give {nurse} a quick ring before {call_by} so nobody worries. We only want
            a note from the doctor when it drags on past {note_after}.
        """,
            fact("nurse", person, """
                Whom should staff call when they are ill, according to {doc}?
                To whom is illness reported in {doc}?
                Who takes the calls of sick employees, according to {doc}?
                In {doc}, which person must be told of an absence through illness?
                Who has to hear about somebody's fever under {doc}?
                Which colleague keeps track of those with the flu, going by {doc}?
            """),
            fact("call_by", time_of_day("06:45", "09:45"), """
                By what time must illness be reported, according to {doc}?
                Before what time should a sick employee phone, according to {doc}?
                What is the latest time for reporting an absence in {doc}?
                Until when in the morning can staff call in ill under {doc}?
                What deadline on the clock applies to somebody with a fever in {doc}?
                At what hour is it too late to announce the flu, going by {doc}?
            """),
            fact("note_after", number(2, 9, 1, "days"), """
                After how long an absence is a doctor's note needed, according to {doc}?
                When does {doc} require a medical certificate?
                How many days can an employee be ill without a note, according to {doc}?
                In {doc}, beyond what absence must a certificate be furnished?
                How long does {doc} trust people with a fever before a physician must confirm it?
                What length of flu can pass without paperwork, going by {doc}?
            """)),
        clause("hours", "Working hours; The working day; Core time", """
            You can start when you like, but be at your desk by {core_start} and stay until {core_end} at least. The
            full week has {weekly}, breaks not counted.

            The weekly working time amounts to {weekly}. Presence is obligatory between {core_start} and {core_end},
            save where the shift plan provides otherwise.

            Full week {weekly}, breaks on top. Everyone present from {core_start} to {core_end}, Friday included.

            Early birds and night owls both fit in here. All we ask is that you are around between {core_start} and
            {core_end} and that your week adds up to {weekly} in the end.
        """,
            fact("core_start", time_of_day("09:00", "10:30"), """
                By what time must employees be at work, according to {doc}?
                When does the core time begin in {doc}?
                From what time is presence obligatory, according to {doc}?
                In {doc}, what is the latest start of the working day?
                At what point in the morning must every seat be taken under {doc}?
                When would a late riser break the rules of {doc}?
            """),
            fact("core_end", time_of_day("14:00", "16:00"), """
                Until what time must employees stay at least, according to {doc}?
                When does the core time end in {doc}?
                Up to what time is presence obligatory, according to {doc}?
                In {doc}, what is the earliest time at which the working day can end?
                At what point in the afternoon may people head home under {doc}?
                When is leaving no longer a breach of the rules of {doc}?
            """),
            fact("weekly", number(32, 42, 1, "hours"), """
                How long is the working week in {doc}?
                What weekly working time does {doc} fix?
                How many hours a week do employees work, according to {doc}?
                In {doc}, what must a full week add up to?
                How much labor is owed from Monday to Friday in total under {doc}?
                What is the normal load over seven days, going by {doc}?
            """)),
        clause("travel", "Business trips; Travel; On the road", """
            For a business trip we pay {daily} a day for meals. A hotel may cost up to {hotel} a night, and receipts go
            to {cashier} when you are back.

            A meal allowance of {daily} per day is granted on official journeys. Accommodation is reimbursed up to
            {hotel} a night against receipts presented to {cashier}.

            Hotel limit {hotel}. Meals {daily} a day, no drinks. Receipts to {cashier} within one week of return.

            On the road you can eat for {daily} a day, which buys a decent dinner. Pick a bed below {hotel} and drop
            the crumpled receipts on the desk of {cashier} once you are home.
        """,
            fact("daily", money(20, 60, 2), """
                What daily amount for meals on a business trip does {doc} allow?
                How much is paid for meals per day on the road, according to {doc}?
                What is the meal allowance in {doc}?
                In {doc}, how much can a traveling employee spend on food each day?
                What budget for lunch and dinner does {doc} give someone who is away for work?
                How much cash for eating does one get every twenty-four hours under {doc}?
            """),
            fact("hotel", money(80, 240, 10), """
                What may a hotel cost at most per night, according to {doc}?
                What is the hotel limit in {doc}?
                Up to what amount is accommodation reimbursed in {doc}?
                In {doc}, how expensive can a night in a hotel be?
                What is the most that sleeping elsewhere may cost the firm, going by {doc}?
                Which price cap for rooms does {doc} set?
            """),
            fact("cashier", person, """
                Who receives the receipts after a business trip, according to {doc}?
                To whom do travel receipts go in {doc}?
                Who handles the receipts of traveling employees, according to {doc}?
                In {doc}, to which person are hotel receipts presented?
                Who deals with expense claims under {doc}?
                Whose job is it to pay colleagues back for their journeys, going by {doc}?
            """)),
        clause("training", "Courses and learning; Training; Keep learning", """
            Each employee can spend {budget} a year on courses. If you leave within {payback} of a course, half of the
            price has to be paid back.

            For professional development a yearly sum of {budget} is available per person. Departure within {payback}
            after completion obliges the employee to refund one half.

            Courses up to {budget} per head and year. Resign within {payback} of a course and refund 50%.

            Fancy learning Spanish or welding? You have {budget} in your learning pot every year. Only if you quit less
            than {payback} after the class do we ask for half of it back.
        """,
            fact("budget", money(300, 2400, 100), """
                What can each employee spend on courses a year, according to {doc}?
                What yearly sum for training does {doc} provide?
                How much money per person is available for learning in {doc}?
                In {doc}, what is the annual budget for courses?
                How generous is {doc} toward somebody who wants to study something new?
                What may lessons cost the firm per head, going by {doc}?
            """),
            fact("payback", number(5, 20, 1, "months"), """
                Within what time after a course does leaving cost half the price, according to {doc}?
                How long after a course must an employee stay to avoid a refund, according to {doc}?
                In {doc}, what period after a course triggers the refund?
                For how long can course money be claimed back in {doc}?
                How many months of loyalty does {doc} expect from someone whose lessons were paid for?
                What span following the lessons makes resigning expensive under {doc}?
            """)),
        clause("probation", "First months; Trial period; Starting out", """
            New colleagues are on trial for {trial}. In that time {mentor} is their guide, and both sides meet every
            {review} to talk about progress.

            The trial period lasts {trial}, during which guidance is provided by {mentor}. Progress interviews are held
            at intervals of {review}.

            Trial {trial}, no extension. Guide for newcomers is {mentor}. Talk about progress every {review}, in
            writing.

            Nobody knows where the good coffee is on day one, so {mentor} will show you around during your {trial} of
            trial. Every {review} you two sit down and chat about how things are going.
        """,
            fact("trial", number(3, 9, 1, "months"), """
                How long is the trial period, according to {doc}?
                For how long are new colleagues on trial in {doc}?
                What length does {doc} set for the trial?
                In {doc}, how much time does the trial take?
                Until when is a beginner's place not yet secure under {doc}?
                How many months does it take to become a permanent member of the firm, going by {doc}?
            """),
            fact("mentor", person, """
                Who guides new colleagues, according to {doc}?
                Who provides guidance during the trial period in {doc}?
                Which person shows newcomers around, according to {doc}?
                In {doc}, who is the guide of people on trial?
                Who takes beginners by the hand under {doc}?
                Whose shoulder can a recent hire lean on, going by {doc}?
            """),
            fact("review", number(10, 30, 2, "days"), """
                How often do new colleagues talk about their progress, according to {doc}?
                At what interval are progress interviews held in {doc}?
                In {doc}, how much time lies between two talks about progress?
                Every how many days do guide and newcomer meet, according to {doc}?
                What is the rhythm of feedback for a beginner in {doc}?
                How frequently does a recent hire hear an opinion on the work done, going by {doc}?
            """)),
        clause("remote", "Working from home; Home office; Remote work", """
            With the approval of {approver} you can work from home up to {home_share} of your time. A chair and a
            screen worth {equipment} are on us.

            Work at home is permitted to the extent of {home_share} of the contractual time, subject to consent by
            {approver}. A sum of {equipment} is granted for furniture.

            Home office {home_share} at most. Consent from {approver}, every year anew. Furniture money {equipment},
            once only.

            Slippers are a fine dress code too. Ask {approver} nicely and you may spend {home_share} of your time at
            the kitchen table, with {equipment} from us for a proper chair.
        """,
            fact("home_share", percent(20, 80, 5), """
                What share of the time can be worked from home, according to {doc}?
                Up to what part of the working time does {doc} permit home office?
                In {doc}, how much of the time may be spent working at home?
                What is the limit for home office in {doc}?
                Which fraction of the job may be done remotely under {doc}?
                How often, in relative terms, may people skip the commute, going by {doc}?
            """),
            fact("approver", person, """
                Who must approve work from home, according to {doc}?
                Whose consent is needed for home office in {doc}?
                In {doc}, who decides whether somebody can work from home?
                Whom does an employee ask for home office, according to {doc}?
                Who has the last word on remote arrangements under {doc}?
                By whose permission may people skip the commute, going by {doc}?
            """),
            fact("equipment", money(150, 290, 10), """
                How much does the firm pay for home office furniture, according to {doc}?
                What sum for a chair at home does {doc} grant?
                In {doc}, what furniture money does a person working from home get?
                What amount is on the firm for furnishing the home office in {doc}?
                What subsidy for a remote desk does {doc} mention?
                How much does the boss chip in toward sitting comfortably outside the firm, going by {doc}?
            """)),
        clause("fire", "Fire and emergencies; Alarm; Fire drill", """
            When the alarm sounds, leave by the nearest stairs and gather at {assembly}. There {warden} counts heads,
            and nobody goes back for coats.

            In the event of fire, all persons shall proceed without delay to {assembly}, where {warden} acts as fire
            warden and establishes who is missing.

            Alarm means out. No elevators, no bags. Meet at {assembly} for the roll call. Fire warden is {warden}.

            If the bell goes, drop everything, even the cake, and stroll briskly to {assembly}. There {warden} will
            tick you off a list, so please don't sneak away home.
        """,
            fact("assembly", one_of("the bicycle shed", "the north gate", "the old chestnut tree", "the flagpole",
                                    "the loading ramp", "the fountain", "the tennis court"), """
                Where should staff gather when the alarm sounds, according to {doc}?
                What is the meeting point in a fire, according to {doc}?
                In {doc}, to which place must everybody go in the event of fire?
                Where do people meet after leaving the building in {doc}?
                What spot is safe once smoke has been noticed, going by {doc}?
                Where would a visitor find the crowd during an evacuation under {doc}?
            """),
            fact("warden", person, """
                Who counts heads when there is a fire, according to {doc}?
                Who is the fire warden in {doc}?
                In {doc}, which person establishes who is missing after an alarm?
                Who acts as warden in an emergency, according to {doc}?
                Who makes sure that all have escaped from the flames, going by {doc}?
                Who is responsible during an evacuation under {doc}?
            """)),
        clause("canteen", "Canteen; Lunch; Food at work", """
            Lunch in the canteen costs {lunch} with your badge. It is cooked by {caterer}, and the kitchen closes at
            {close}, soup included.

            The canteen is run by {caterer}. Hot meals are served until {close} at a price of {lunch} per employee.

            Lunch is {lunch} on weekdays, badge only. Kitchen shuts at {close}. Food comes from {caterer}, menu on the
            door.

            Hungry? For {lunch} you get a hot plate and a slice of cake from {caterer}. Don't dawdle, though, because
            the shutters come down at {close} on the dot.
        """,
            fact("lunch", money(3, 14, 1), """
                What does lunch in the canteen cost, according to {doc}?
                What is the price of a hot meal in {doc}?
                In {doc}, how much do employees pay in the canteen?
                Which price for lunch is stated in {doc}?
                What must be handed over for a plate of food at midday under {doc}?
                How dear is eating in the building, going by {doc}?
            """),
            fact("caterer", company, """
                Which firm cooks in the canteen, according to {doc}?
                Who runs the canteen in {doc}?
                In {doc}, what company serves lunch?
                By whom is the canteen food made, according to {doc}?
                Which outside business feeds the staff, going by {doc}?
                What is the name of the supplier of midday dishes in {doc}?
            """),
            fact("close", time_of_day("13:15", "14:45"), """
                When does the canteen kitchen close, according to {doc}?
                Until when is lunch served in {doc}?
                In {doc}, at what time does the kitchen shut?
                What is the latest time for a hot meal, according to {doc}?
                When is it too late to eat in the building under {doc}?
                By which hour must the hungry have turned up, going by {doc}?
            """)),
    ),
)


def incident_names(rng: Random) -> dict[str, str]:
    kind = one_of("depot", "plant", "ferry terminal", "warehouse", "pumping station", "quarry")
    return {"incident": code("INC")(rng), "site": f"{coined(rng, 1)} {kind(rng)}"}


INCIDENT = Genre(
    "incident", incident_names,
    titles=("Incident report {incident}, {site}",),
    references=(
        "incident report {incident}", "the report on incident {incident} at {site}", "report {incident}",
        "the {incident} report", "the account of what happened at {site} ({incident})",
        "the write-up of incident {incident}",
    ),
    openings=paragraphs("""
        This report describes what happened at {site} and what was done about it.

        The present report, filed under {incident}, records the findings of the safety office concerning {site}.

        Case {incident}. Location {site}. Status closed.

        Nobody likes writing these, but what went wrong at {site} taught all of us something, so here is the full
        story.
    """),
    clauses=(
        clause("discovery", "Discovery; How it was noticed; First signs", """
            At {noticed} {finder} noticed a smell of burnt rubber near gate 6 and called the control room, which sent
            the night crew.

            The irregularity was first observed by {finder} at {noticed} in the course of a routine inspection of gate
            6.

            First noticed at {noticed}, gate 6, no lights on. Observer was {finder}, who pressed the alarm.

            It all began when {finder} walked past gate 6 with a cup of tea and thought something looked odd. The clock
            above the door said {noticed}.
        """,
            fact("noticed", time_of_day("00:45", "04:15"), """
                At what time was the problem first noticed, according to {doc}?
                When was the irregularity first observed in {doc}?
                What time does {doc} give for the discovery?
                At what time did someone first see that something was wrong, according to {doc}?
                At which hour did the trouble come to light, if one believes {doc}?
                In {doc}, what did the dial show as suspicion arose?
            """),
            fact("finder", person, """
                Who noticed the problem first, according to {doc}?
                By whom was the irregularity first observed in {doc}?
                Which person made the discovery, according to {doc}?
                Who was the first observer in {doc}?
                Whose attentive eye brought the trouble to light in {doc}?
                Thanks to whom did the matter become known, going by {doc}?
            """)),
        clause("leak", "Extent; What was lost; Damage", """
            About {volume} of oil ran out through a cracked seal, and an area of {area} had to be closed. The drains
            stayed dry thanks to 4 sandbags.

            A quantity of {volume} escaped by reason of a defective seal, contaminating {area} of the yard.

            Lost through the seal, {volume}. Area fouled, {area}. Drains and stream not reached, soil samples clean.

            You would not believe the mess. A tired old seal gave way, {volume} ended up on the ground, and we had to
            fence off {area} before the school bus came by.
        """,
            fact("volume", number(120, 950, 10, "liters"), """
                How much ran out, according to {doc}?
                What quantity escaped in {doc}?
                What volume of oil was lost, according to {doc}?
                In {doc}, how many liters were lost?
                How big was the spill by amount of fluid, going by {doc}?
                What was missing from the tank afterward, according to {doc}?
            """),
            fact("area", number(30, 400, 5, "square meters"), """
                How large was the area that had to be closed, according to {doc}?
                What area was fouled in {doc}?
                In {doc}, how much of the yard was affected?
                What is the size of the contaminated area in {doc}?
                Over what surface did the spill spread, going by {doc}?
                How much ground was off limits because of the dirt, according to {doc}?
            """)),
        clause("cause", "Cause; Why it happened; Root cause", """
            The inspectors found that {cause} started it all. The part had been in service for {age}, although the
            maker recommends no more than half of that.

            The investigation traced the event to {cause}. At the time of failure the component had been in use for
            {age}.

            Cause was {cause}. Age of the part {age}. No human error, no sabotage, no earlier complaints.

            So what was to blame? In short, {cause}. The poor thing had been working for {age} without a single check,
            and it showed.
        """,
            fact("cause", one_of("a worn bearing", "a loose clamp", "a blocked vent", "a frayed cable", "a rusted bolt",
                                 "a faulty thermostat", "a cracked hose", "a missing washer"), """
                What was the cause of the incident, according to {doc}?
                What started it all in {doc}?
                To what was the event traced in {doc}?
                Which defect was to blame, according to {doc}?
                What does {doc} name as the origin of the trouble?
                Why did things go wrong, going by {doc}?
            """),
            fact("age", number(3, 19, 1, "years"), """
                How long had the failed part been in service, according to {doc}?
                What was the age of the part in {doc}?
                In {doc}, for how long had the component been in use when it failed?
                How old was the part that failed, according to {doc}?
                How much wear, in time, lay behind the broken piece in {doc}?
                Since how many years had the culprit been installed, going by {doc}?
            """)),
        clause("stop", "Standstill; Interruption; Downtime", """
            Work stood still for {downtime}. The loss is put at {loss}, of which the insurance carries {share}; the
            rest comes out of the reserve.

            Operations were suspended for {downtime}, resulting in a loss assessed at {loss}. The insurers have
            undertaken to bear {share} of that amount.

            Lines stopped for {downtime}. Loss {loss}, cleaning included. Insurance pays {share}, rest from the
            reserve.

            For {downtime} nothing moved at all and we played a lot of cards. Accounting says the break cost us {loss},
            though the insurance will swallow {share} of it.
        """,
            fact("downtime", number(5, 70, 1, "hours"), """
                How long did work stand still, according to {doc}?
                For how long were operations suspended in {doc}?
                What was the length of the standstill in {doc}?
                In {doc}, how many hours did the interruption last?
                How much production time did the mishap eat up, going by {doc}?
                When the machines fell silent, how long was it until they ran again, according to {doc}?
            """),
            fact("loss", money(4000, 90000, 500), """
                What loss did the standstill cause, according to {doc}?
                At what sum is the loss assessed in {doc}?
                How high is the loss stated in {doc}?
                In {doc}, how much money did the incident cost?
                What was the financial harm of the mishap, going by {doc}?
                Which bill did the mishap leave behind in {doc}?
            """),
            fact("share", percent(30, 90, 2.5), """
                What share of the loss does the insurance carry, according to {doc}?
                Which part of the amount do the insurers bear in {doc}?
                In {doc}, how much of the loss is paid by the insurance?
                What percentage is covered by the insurers, according to {doc}?
                Which proportion of the harm is somebody else's bill, if one believes {doc}?
                How well was the firm protected by its policy, in relative terms, going by {doc}?
            """)),
        clause("people", "People; Injuries; Medical care", """
            {injured} burned a hand and was taken to the hospital in {hospital}. The doctors expect a recovery within
            {recovery}, without lasting harm.

            One person, {injured}, sustained a minor burn and received treatment at {hospital}. Incapacity for work is
            estimated at {recovery}.

            One injured, namely {injured}, burn on hand. Hospital in {hospital}. Back at work in {recovery}.

            The worst part first, because {injured} got hurt and rode off to {hospital} in an ambulance. Luckily it was
            only a burn, and with {recovery} of rest all will be well.
        """,
            fact("injured", person, """
                Who was injured, according to {doc}?
                Which person sustained a burn in {doc}?
                Who was taken to the hospital in {doc}?
                In {doc}, who got hurt?
                Who needed a bandage after the mishap, going by {doc}?
                Whose health suffered, according to {doc}?
            """),
            fact("hospital", place, """
                Where was the injured person treated, according to {doc}?
                In which town is the hospital named in {doc}?
                To what place did the ambulance go in {doc}?
                Where did the burn receive treatment, according to {doc}?
                In which location did doctors take care of the victim, if one believes {doc}?
                Where would visitors with flowers have found the patient, going by {doc}?
            """),
            fact("recovery", number(6, 26, 1, "days"), """
                How long is the recovery of the injured person expected to take, according to {doc}?
                What time away from work is estimated for the burn in {doc}?
                In {doc}, within what time should the injured person be well?
                What period of rest follows the injury in {doc}?
                How long will the victim be missing from the rota, if one believes {doc}?
                After how many days does the patient come back to the job, going by {doc}?
            """)),
        clause("crew", "Response; Emergency crew; Who came to help", """
            The fire brigade of {brigade} arrived {arrival} after the call with 2 engines. There {officer} led the
            operation and gave the all-clear before sunrise.

            Under the command of {officer}, units of the {brigade} fire brigade reached the premises {arrival} after
            being alerted.

            Fire brigade from {brigade}, on site {arrival} after the call. Command with {officer}. Foam used, no
            ladders.

            Hats off to the volunteers from {brigade}, who were at the fence {arrival} after we rang. Their chief
            {officer} kept calm, even when the hose burst.
        """,
            fact("brigade", place, """
                Which town sent its fire brigade, according to {doc}?
                From where did the fire brigade come in {doc}?
                The brigade of which place helped, according to {doc}?
                In {doc}, what is the home of the fire brigade that arrived?
                Which community lent a hand with its engines, going by {doc}?
                Where are the rescuers at home in {doc}?
            """),
            fact("arrival", number(6, 34, 1, "minutes"), """
                How long after the call did the fire brigade arrive, according to {doc}?
                How much time did the brigade need to reach the site in {doc}?
                In {doc}, how soon after being alerted were the engines there?
                After how many minutes was the brigade on site, according to {doc}?
                How long did people have to wait for rescuers, if one believes {doc}?
                What was the delay between alarm and help, going by {doc}?
            """),
            fact("officer", person, """
                Who led the operation of the fire brigade, according to {doc}?
                Under whose command were the fire units in {doc}?
                Which person commanded the brigade in {doc}?
                In {doc}, who was the chief of the fire crew?
                Who gave orders to the rescuers, going by {doc}?
                Who was at the head of those who came to help in {doc}?
            """)),
        clause("measures", "Measures; What we will change; Follow-up", """
            From now on the pumps will be checked every {interval}. The colleague responsible for this is {owner}, who
            has to report to the board by {deadline}.

            Responsibility for corrective action rests with {owner}, who shall report completion no later than
            {deadline}. The pumps are henceforth to be tested every {interval}.

            Pump check every {interval}. Owner of all actions is {owner}. Report to the board due by {deadline}.

            Next time we want to be smarter. Every {interval} somebody crawls under the pumps with a flashlight,
            {owner} keeps an eye on it, and by {deadline} the board hears whether it works.
        """,
            fact("interval", number(2, 12, 1, "weeks"), """
                How often will the pumps be checked from now on, according to {doc}?
                At what interval are the pumps tested in {doc}?
                In {doc}, how much time may pass between two pump checks?
                Every how many weeks does {doc} order a check of the pumps?
                What rhythm of maintenance was decided on in {doc}?
                How frequently must someone look after the equipment in future, going by {doc}?
            """),
            fact("owner", person, """
                Who is responsible for the measures, according to {doc}?
                With whom does responsibility for corrective action rest in {doc}?
                Which person has to report to the board in {doc}?
                In {doc}, who looks after the new pump checks?
                Who is in charge of preventing a repeat, going by {doc}?
                Whose task is it to make things better after the mishap in {doc}?
            """),
            fact("deadline", date(2024, 2026), """
                By what date must the measures be reported to the board, according to {doc}?
                What is the deadline for the corrective action in {doc}?
                When is the report on the measures due in {doc}?
                In {doc}, until which day can completion be reported?
                What is the last day for putting things right, if one believes {doc}?
                On which day will the directors know whether the remedy works, going by {doc}?
            """)),
        clause("weather", "Weather; Conditions that night; Circumstances", """
            It was {temperature} outside with a {wind} wind, which drove the fumes toward the harbor. Visibility was
            poor after midnight.

            Meteorological conditions were as follows, namely an air temperature of {temperature} and a {wind} wind.

            Outside air {temperature}, ground wet. Wind {wind}, gusts around midnight. Moon hidden, road lamps out.

            Picture a grim night with a {wind} wind whistling through the fence and only {temperature} on the
            thermometer by the porter's lodge.
        """,
            fact("temperature", number(2, 29, 1, "°C"), """
                What was the temperature outside, according to {doc}?
                Which air temperature does {doc} record?
                How warm was it outside in {doc}?
                In {doc}, what did the thermometer show?
                How cold or hot did responders find it, going by {doc}?
                Which degrees were measured in the open in {doc}?
            """),
            fact("wind", one_of("northerly", "southerly", "westerly", "shifting", "stormy", "gentle"), """
                What wind was blowing, according to {doc}?
                Which kind of wind does {doc} record?
                In {doc}, what was the wind like?
                From which side did the wind come, according to {doc}?
                In what direction terms is the moving air described in {doc}?
                What breeze did responders have to cope with, going by {doc}?
            """)),
        clause("witness", "Witnesses; Statements; What others saw", """
            {witness}, a driver for {haulier}, saw sparks from the road and took 3 photographs. They are kept in the
            archive under {file}.

            A statement was taken from {witness}, employed by {haulier}. The photographs supplied are filed as {file}.

            One outside witness, {witness}, who drives for {haulier}. Three photos, filed under {file}. No video.

            We got lucky with a passing truck from {haulier}. At the wheel was {witness}, who had a camera ready, and
            if you want to see the pictures, look for {file}.
        """,
            fact("witness", person, """
                Who saw the incident from outside, according to {doc}?
                Who is the witness named in {doc}?
                Which driver took photographs, according to {doc}?
                From whom was a statement taken in {doc}?
                Who happened to come by and could later tell about it in {doc}?
                Which onlooker is mentioned by name, going by {doc}?
            """),
            fact("haulier", company, """
                For which firm did the witness drive, according to {doc}?
                Who employs the witness in {doc}?
                What company did the passing truck belong to, according to {doc}?
                In {doc}, by whom is the driver employed?
                Whose payroll is the onlooker on, going by {doc}?
                Which business owned the vehicle on the road in {doc}?
            """),
            fact("file", code("PH"), """
                Under what number are the photographs kept, according to {doc}?
                How are the photographs filed in {doc}?
                In {doc}, which code leads to the pictures?
                Where in the archive are the photos, according to {doc}?
                Which reference must be quoted to view the images, going by {doc}?
                What label do the snapshots carry in {doc}?
            """)),
    ),
)


def minutes_names(rng: Random) -> dict[str, str]:
    kind = one_of("Allotment Society", "Rowing Club", "Library Board", "Parents' Council", "Choir", "Museum Friends",
                  "Theater Group", "Beekeepers' Union", "Village Committee", "Cycling Club")
    return {"group": f"{coined(rng, 1)} {kind(rng)}"}


MINUTES = Genre(
    "minutes", minutes_names,
    titles=("Minutes of the {group}",),
    references=(
        "the minutes of the {group}", "the {group} minutes", "the record of the meeting of the {group}",
        "the summary of the last meeting of the {group}", "the {group}'s minutes", "the protocol kept by the {group}",
    ),
    openings=paragraphs("""
        The members of the {group} met in the usual room. All wishes for the agenda had been sent out with the
        invitation.

        A quorum of the {group} being present, the meeting was declared open and the previous record was approved.

        Meeting of the {group}. Agenda as sent. No apologies.

        It was raining buckets, but plenty of people from the {group} turned up anyway, and there were biscuits.
    """),
    clauses=(
        clause("opening", "Opening; Welcome; Call to order", """
            The meeting began at {began} with {chair} in the chair. Notes were taken by {secretary}, since the usual
            pen was on holiday.

            Proceedings were opened by {chair}, presiding, at {began}. The duty of keeping the record was entrusted to
            {secretary}.

            Start {began}, five minutes late. In the chair was {chair}. Pen and paper with {secretary}. Room heated.

            After some shuffling of seats {chair} tapped a glass at {began} and got us going, while {secretary}
            sharpened a pencil to scribble everything down.
        """,
            fact("began", time_of_day("18:00", "19:30"), """
                At what time did the meeting begin, according to {doc}?
                When did the meeting start in {doc}?
                At what hour were proceedings opened in {doc}?
                What is the start of the meeting in {doc}?
                When did the gathering get under way, going by {doc}?
                From which hour on was business discussed in {doc}?
            """),
            fact("chair", person, """
                Who was in the chair, according to {doc}?
                Who presided over the meeting in {doc}?
                Who opened the meeting, according to {doc}?
                In {doc}, which person chaired the meeting?
                Who led the evening, judging by {doc}?
                Who was entitled to give others the floor in {doc}?
            """),
            fact("secretary", person, """
                Who took notes, according to {doc}?
                By whom was the record kept in {doc}?
                Who wrote things down at the meeting, according to {doc}?
                In {doc}, to whom was the record entrusted?
                Who served as the scribe of the evening in {doc}?
                From whose handwriting does the text stem, going by {doc}?
            """)),
        clause("treasury", "Treasurer's report; Money; Finances", """
            {treasurer} reported a balance of {balance} in the bank. The largest bill of the year was {bill} for the
            new roof, paid in 2 parts.

            According to the report of {treasurer}, funds stand at {balance}. The principal expense was {bill},
            incurred in respect of the roof.

            Report by {treasurer}. Balance {balance}, no debts. Biggest expense {bill}, for the roof, fully paid.

            Good news from {treasurer}, who keeps the purse: even after coughing up {bill} for that wretched roof we
            still have {balance} to play with.
        """,
            fact("treasurer", person, """
                Who reported on the money, according to {doc}?
                Who gave the treasurer's report in {doc}?
                In {doc}, which person reported the balance?
                By whom were the finances presented, according to {doc}?
                Who is trusted with the group's savings in {doc}?
                Whose accounts were put before the members in {doc}?
            """),
            fact("balance", money(1200, 9800, 50), """
                What balance was reported, according to {doc}?
                At what sum do the funds stand in {doc}?
                How much money is left in the bank, according to {doc}?
                In {doc}, what is the balance of the account?
                How rich is the association going by {doc}?
                Which amount could the members still spend, judging by {doc}?
            """),
            fact("bill", money(250, 1150, 10), """
                How much was paid for the roof, according to {doc}?
                What was the largest expense in {doc}?
                In {doc}, what did the roof cost?
                Which sum was the biggest bill in {doc}?
                What did it take to keep out the rain, in cash, going by {doc}?
                How costly were the works above the ceiling in {doc}?
            """)),
        clause("fee", "Membership fee; Subscriptions; Dues", """
            It was agreed to raise the yearly fee to {fee}. Those under eighteen pay {youth}, and whoever has not paid
            by {pay_by} gets a reminder.

            The annual subscription is fixed at {fee}, reduced to {youth} for minors. Payment falls due on {pay_by} at
            the latest.

            Yearly fee now {fee}, minors {youth}. Last day for payment {pay_by}, in cash or by transfer.

            Nobody cheered, yet we all put up our hands for a fee of {fee} a year. Kids get away with {youth}, and
            everyone should dig out the wallet before {pay_by}.
        """,
            fact("fee", money(30, 120, 2), """
                To what amount was the yearly fee raised, according to {doc}?
                What is the annual subscription in {doc}?
                How much do adult members pay a year, according to {doc}?
                In {doc}, what does full membership cost per year?
                What does a grown-up owe for twelve months of belonging, judging by {doc}?
                Which price of joining for adults came out of the vote in {doc}?
            """),
            fact("youth", money(5, 28, 1), """
                What do members under eighteen pay, according to {doc}?
                What is the reduced subscription for minors in {doc}?
                How much is the yearly fee for young members in {doc}?
                In {doc}, which fee applies to minors?
                What does a teenager owe for twelve months of belonging, judging by {doc}?
                Which price of joining for schoolchildren came out of the vote in {doc}?
            """),
            fact("pay_by", date(2014, 2026), """
                By what date must the yearly fee be paid, according to {doc}?
                When does the subscription fall due in {doc}?
                In {doc}, what is the last day for paying the fee?
                What is the deadline for payment of the subscription in {doc}?
                After which day would money from members be overdue, judging by {doc}?
                When should the transfer have reached the account at the latest, going by {doc}?
            """)),
        clause("vote", "Vote on the shed; Building project; The new shed", """
            The plan for a new shed was put to the vote and got {yes}, against {no} who would rather mend the old one.
            Work should be over within {build}.

            The motion to erect a shed was carried, {yes} being cast in favor and {no} opposed. Completion is envisaged
            within {build}.

            Shed approved. For the plan {yes}, against it {no}, nobody abstained. Building time {build}, weather
            allowing.

            Oh, the shed. We talked and talked, and in the end {yes} said go ahead while {no} grumbled. Give it {build}
            and there will be a party in it.
        """,
            fact("yes", number(31, 90, 1, "members"), """
                How many members voted for the shed, according to {doc}?
                What number was in favor of the shed in {doc}?
                In {doc}, how many people approved the plan for a shed?
                How many supported the building of a shed, according to {doc}?
                How large was the majority camp on the wooden hut in {doc}?
                How many hands went up in support of the wooden hut in {doc}?
            """),
            fact("no", number(3, 28, 1, "members"), """
                How many members voted against the shed, according to {doc}?
                What number was opposed to the shed in {doc}?
                In {doc}, how many people rejected the plan for a shed?
                How many did not want a shed, according to {doc}?
                How large was the minority camp on the wooden hut in {doc}?
                How many hands went up in protest at the wooden hut in {doc}?
            """),
            fact("build", number(4, 18, 1, "weeks"), """
                Within what time should the shed be built, according to {doc}?
                How long will the work on the shed take in {doc}?
                In {doc}, what building time is given for the shed?
                When, counted from the start of work, will the shed be complete in {doc}?
                How long must people wait for the wooden hut, going by {doc}?
                What duration is foreseen for the carpenters in {doc}?
            """)),
        clause("outing", "Summer outing; Day trip; Excursion", """
            This year's outing goes to {outing}. The bus leaves at {bus}, and {guide} has offered to lead the walk
            around the old mill.

            An excursion to {outing} has been arranged. Departure by motor coach is at {bus}; {guide} will conduct the
            party on foot.

            Outing to {outing}. Bus at {bus} sharp from the church. Walk led by {guide}, strong shoes needed.

            Pack your sandwiches, because we are off to {outing} this summer. Be at the bus by {bus} and follow
            {guide}, who swears to know every path there.
        """,
            fact("outing", place, """
                Where does the outing go, according to {doc}?
                To which town is the excursion in {doc}?
                In {doc}, what is the destination of the bus?
                Which place did the members choose for the trip, according to {doc}?
                What spot will members visit together, going by {doc}?
                Where will people be found picnicking, judging by {doc}?
            """),
            fact("bus", time_of_day("06:30", "08:30"), """
                When does the bus leave, according to {doc}?
                At what time does the excursion depart in {doc}?
                What departure time of the bus is given in {doc}?
                In {doc}, by what hour must people be at the bus?
                When would someone who oversleeps miss the trip, judging by {doc}?
                How early do the day's travelers set out, going by {doc}?
            """),
            fact("guide", person, """
                Who leads the walk on the outing, according to {doc}?
                Who conducts the party on foot in {doc}?
                In {doc}, which person has offered to guide the walk?
                Who knows the paths for the excursion, according to {doc}?
                Whom will the hikers have at their head in {doc}?
                Who shows the way during the trip, judging by {doc}?
            """)),
        clause("repairs", "Boiler; Heating; The cold hall", """
            Since the hall reached only {cold} in January, the boiler will be replaced by {plumber}. They ask {price}
            for it and take away the old one.

            The temperature of the hall having fallen to {cold}, a contract for a boiler is awarded to {plumber} in the
            amount of {price}.

            Hall at {cold} in January. New boiler from {plumber}, offer of {price} accepted. Old one goes to scrap.

            We could see our own breath at {cold}, so enough is enough, and {plumber} will put in a boiler. It hurts to
            part with {price}, but our toes will be grateful.
        """,
            fact("cold", number(4, 14, 1, "°C"), """
                What temperature did the hall reach, according to {doc}?
                To what temperature had the hall fallen in {doc}?
                In {doc}, how cold was it in the hall?
                How warm was the hall in January, according to {doc}?
                What reading made people shiver, going by {doc}?
                Which degrees prompted the complaint about freezing indoors in {doc}?
            """),
            fact("plumber", company, """
                Which firm will replace the boiler, according to {doc}?
                To whom was the boiler job given in {doc}?
                In {doc}, what company puts in the boiler?
                From which business does the boiler come, according to {doc}?
                Who won the order to make the building cozy again in {doc}?
                Which tradespeople are going to fit the heating, going by {doc}?
            """),
            fact("price", money(1300, 6400, 100), """
                What does the boiler cost, according to {doc}?
                In what amount was the boiler job awarded in {doc}?
                How much does the firm ask for the boiler in {doc}?
                In {doc}, what is the accepted offer for the boiler?
                What will the members spend on getting cozy again, going by {doc}?
                How dear is the new heating in {doc}?
            """)),
        clause("election", "Elections; New officers; Choice of officers", """
            {elected} was elected to look after the archive for {term}. The former keeper, {former}, was thanked with a
            round of applause and 1 potted palm.

            For a term of {term} the members appointed {elected} archivist. The meeting expressed its gratitude to the
            outgoing officer, {former}.

            New archivist {elected}, elected for {term} without a rival. Outgoing archivist {former}, thanked, keys
            returned.

            Hurrah for {elected}, our brand-new archivist, who is stuck with the dusty boxes for {term}. We will miss
            {former} in that job and hope the potted palm survives.
        """,
            fact("elected", person, """
                Who was elected to look after the archive, according to {doc}?
                Who is the new archivist in {doc}?
                In {doc}, whom did the members appoint archivist?
                Which person takes over the archive, according to {doc}?
                Who will take care of old papers in future, judging by {doc}?
                Who entered a post for the first time that evening, going by {doc}?
            """),
            fact("term", number(2, 8, 1, "years"), """
                For how long was the archivist elected, according to {doc}?
                What is the term of the new archivist in {doc}?
                In {doc}, how long will the archivist hold the job?
                How many years does the appointment as archivist last in {doc}?
                How long until somebody else may care for old papers, judging by {doc}?
                When will another ballot on that post be due, counted in years, in {doc}?
            """),
            fact("former", person, """
                Who was the former keeper of the archive, according to {doc}?
                Who is the outgoing archivist in {doc}?
                In {doc}, which person gave up the archive?
                To whom were thanks given for looking after the archive in {doc}?
                Who retired from a post that evening, going by {doc}?
                Who used to take care of old papers, judging by {doc}?
            """)),
        clause("next", "Next meeting; Date of the next meeting; Until next time", """
            The next meeting is on {next_date}, this time at {next_room}. Please send points for the agenda {notice}
            before that day.

            The members will reconvene on {next_date} in {next_room}. Items for the agenda must be submitted {notice}
            beforehand.

            Next meeting {next_date}, in {next_room}. Agenda items {notice} earlier, by post, signed. No late papers.

            See you all again on {next_date}! We will squeeze into {next_room}, and if something bugs you, let us know
            {notice} ahead so that it gets onto the list.
        """,
            fact("next_date", date(2014, 2026), """
                When is the next meeting, according to {doc}?
                On what date do the members meet again in {doc}?
                In {doc}, which day is set for the next meeting?
                What is the date on which the members reconvene in {doc}?
                What day should be marked in a diary for another gathering, going by {doc}?
                Which future evening will bring everybody together once more in {doc}?
            """),
            fact("next_room", one_of("the school gym", "the old bakery", "the station hall", "the boat house",
                                     "the reading room", "the parish barn", "the back room of the inn"), """
                Where is the next meeting held, according to {doc}?
                In which room do the members meet again in {doc}?
                What place is given for the next meeting in {doc}?
                In {doc}, where will the members reconvene?
                What venue was picked for another gathering in {doc}?
                Which door should people knock on in order to take part another evening, going by {doc}?
            """),
            fact("notice", number(6, 27, 1, "days"), """
                How long before the next meeting must agenda items be sent, according to {doc}?
                What notice is needed for points on the agenda in {doc}?
                In {doc}, how many days ahead should agenda items be submitted?
                How early must someone send an item for the agenda in {doc}?
                With what lead can a topic be raised by a member, judging by {doc}?
                When does the window for proposing topics close, counted back from the gathering, in {doc}?
            """)),
        clause("newcomers", "New members; Welcome to newcomers; Growth", """
            Since spring {joined} have joined, so that the group has grown by {growth}. The youngest of them is
            {youngest}, who plays the flute.

            Membership has increased by {growth} through the admission of {joined}, the most junior being {youngest}.

            Admitted since spring, {joined}. Growth {growth} over last year. Youngest on the list {youngest}, welcomed
            with a badge.

            We are getting bigger, and {joined} have found their way to us since spring. That is {growth} more than
            before, with {youngest} as our new baby of the family.
        """,
            fact("joined", number(5, 44, 1, "newcomers"), """
                How many people have joined since spring, according to {doc}?
                What number of newcomers was admitted in {doc}?
                In {doc}, how many new members are there?
                How many persons were welcomed as new, according to {doc}?
                What is the count of fresh faces, going by {doc}?
                How many names were added to the roll of the association in {doc}?
            """),
            fact("growth", percent(3, 28, 0.5), """
                By what share has the group grown, according to {doc}?
                What increase in membership is recorded in {doc}?
                In {doc}, by how much did membership grow?
                What is the growth of the group in {doc}?
                How much larger is the association than a year ago, in relative terms, going by {doc}?
                Which rate of expansion is mentioned in {doc}?
            """),
            fact("youngest", person, """
                Who is the youngest of the new members, according to {doc}?
                Who is the most junior member in {doc}?
                In {doc}, which of the newcomers is the youngest?
                What is the name of the youngest person admitted in {doc}?
                Who has the fewest birthdays behind them in {doc}?
                Who holds the record for low age, going by {doc}?
            """)),
    ),
)


def catalog_names(rng: Random) -> dict[str, str]:
    kind = one_of("armchair", "bookcase", "writing desk", "sideboard", "rocking chair", "wardrobe", "garden bench")
    return {"item": product(rng), "brand": company(rng), "kind": kind(rng)}


CATALOG = Genre(
    "catalog", catalog_names,
    titles=("Catalog entry: {item} by {brand}",),
    references=(
        "the catalog entry for the {item}", "the {item} catalog page", "{brand}'s catalog page on the {item}",
        "the page about the {item} from {brand}", "the sales description of the {item} made by {brand}",
        "the {brand} {item} listing",
    ),
    openings=paragraphs("""
        The {item} is a {kind} for people who like calm shapes. It is made by {brand} and sold in good shops.

        {brand} is pleased to present the {item}, a {kind} of traditional workmanship, in the following particulars.

        New this season, the {item}. Type {kind}. All facts below.

        Meet the {item}, the {kind} your living room has been dreaming of since the day you moved in.
    """),
    clauses=(
        clause("price", "Price; What it costs; Prices and savings", """
            The {kind} costs {list_price}. Order two and the price of the second falls by {discount}, while a matching
            footstool is {stool} extra.

            The recommended retail price is {list_price}. Upon purchase of a pair a rebate of {discount} applies to the
            second piece; the footstool is available at {stool}.

            List price {list_price}, tax included. Second piece {discount} off. Footstool for {stool}, sold separately.

            Yours for {list_price}, and that is a steal. Take a friend for it and we knock {discount} off number two,
            or add the footstool for {stool} and put your feet up.
        """,
            fact("list_price", money(310, 1990, 10), """
                What does one piece cost, according to {doc}?
                What is the list price in {doc}?
                How much must a buyer pay for a single piece in {doc}?
                In {doc}, what is the recommended retail price?
                What sum on the tag should a shopper expect for the main item in {doc}?
                How expensive is the piece of furniture alone, going by {doc}?
            """),
            fact("discount", percent(5, 45, 2.5), """
                How much is taken off the second piece, according to {doc}?
                What rebate applies to a second piece in {doc}?
                In {doc}, by what share does the price of the second piece fall?
                What discount does a buyer of a pair get in {doc}?
                What do couples save by taking more than one, in relative terms,, to judge from {doc}?
                How big is the bonus for buying twice in {doc}?
            """),
            fact("stool", money(40, 160, 5), """
                What does the footstool cost, according to {doc}?
                For how much is the footstool sold in {doc}?
                In {doc}, what is the price of the footstool?
                What must a buyer add for the footstool in {doc}?
                What is the surcharge for resting one's legs as well, going by {doc}?
                How much is the small companion piece in {doc}?
            """)),
        clause("size", "Size and weight; Dimensions; Will it fit", """
            It is {width} wide and weighs {mass}, packed in 2 boxes. The shelves or the seat can carry {load} without
            bending.

            The overall width amounts to {width}, the net mass to {mass}. A permissible load of {load} has been
            certified by an independent workshop.

            Width {width} from edge to edge. Net mass {mass} in 2 boxes. Carries {load}, tested over one year.

            Measure your stairs first, since {width} of furniture has to get around the corner and somebody must lift
            {mass}. Once in place it happily bears {load}, even a wedding party.
        """,
            fact("width", number(62, 190, 2, "cm"), """
                How wide is the piece, according to {doc}?
                What is the overall width in {doc}?
                In {doc}, which width is stated?
                What width does {doc} give?
                What gap along a wall does the furniture fill, going by {doc}?
                How many centimeters should a buyer leave free from left to right, to judge from {doc}?
            """),
            fact("mass", number(9, 58, 1, "kg"), """
                How much does the piece weigh, according to {doc}?
                What is the net mass in {doc}?
                In {doc}, which weight of the furniture is stated?
                What does {doc} give as the weight of the piece?
                What will two movers feel in their arms, going by {doc}?
                How heavy is the furniture in {doc}?
            """),
            fact("load", number(75, 240, 5, "kg"), """
                What load can the piece carry, according to {doc}?
                What is the permissible load in {doc}?
                In {doc}, how much can be put on the furniture?
                Which load has been tested in {doc}?
                How much stress from above is safe, to judge from {doc}?
                What is the heaviest burden the furniture withstands, going by {doc}?
            """)),
        clause("wood", "Material; Wood and finish; What it is made of", """
            The frame is solid {wood} from the hills near {forest}. It is rubbed with {finish}, which brings out the
            grain and smells pleasant for weeks.

            The frame is manufactured from {wood}, sourced exclusively in the district of {forest}, and the surface has
            been treated with {finish}.

            Frame of solid {wood}. Timber from {forest}, dried slowly. Surface treated with {finish}, no plastic
            anywhere.

            Run a finger over the {wood} and you will never want to stop. The trees stood near {forest} until last
            winter, and a coat of {finish} keeps them glowing.
        """,
            fact("wood", one_of("oak", "walnut", "cherry", "birch", "maple", "larch", "beech", "elm"), """
                What wood is the frame made of, according to {doc}?
                From which timber is the frame manufactured in {doc}?
                In {doc}, what is the material of the frame?
                Which kind of wood does {doc} name?
                Which species of plant gave its trunk for the furniture, going by {doc}?
                What is the structure built out of in {doc}?
            """),
            fact("forest", place, """
                Where does the wood come from, according to {doc}?
                Near which town did the trees stand in {doc}?
                In {doc}, from what district is the timber sourced?
                What is the origin of the timber in {doc}?
                In what region were the trunks felled, going by {doc}?
                Where did the raw material grow, to judge from {doc}?
            """),
            fact("finish", one_of("linseed oil", "beeswax", "matte varnish", "soap flakes", "shellac", "hemp oil"), """
                What is the surface treated with, according to {doc}?
                Which finish does the wood get in {doc}?
                In {doc}, what is rubbed into the frame?
                What coat does the frame have in {doc}?
                Which substance protects the outside, going by {doc}?
                What was applied at the end of production to make it shine in {doc}?
            """)),
        clause("delivery", "Delivery; Shipping; Getting it home", """
            We deliver within {wait} of your order, by {carrier}. Shipping is {shipping} to any address on the
            mainland, and the driver helps you up one flight of stairs.

            Consignments are dispatched through {carrier} and arrive no later than {wait} from receipt of the order,
            against a charge of {shipping}.

            Delivered in {wait}, islands longer. Carrier is {carrier}. Freight {shipping} flat, one flight of stairs
            included.

            Be patient for {wait}, then listen for the horn of the {carrier} van outside your window. Bringing it over
            costs {shipping}, and the driver loves cookies.
        """,
            fact("wait", number(2, 13, 1, "weeks"), """
                Within what time is the piece delivered, according to {doc}?
                How long does delivery take in {doc}?
                In {doc}, when after the order does the furniture arrive?
                What delivery time is stated in {doc}?
                How much patience must a customer show before unpacking, going by {doc}?
                How many weeks lie between purchase and doorstep, to judge from {doc}?
            """),
            fact("carrier", company, """
                Who delivers the piece, according to {doc}?
                Through which carrier is the furniture dispatched in {doc}?
                In {doc}, what firm brings the piece?
                Which company's van comes to the buyer in {doc}?
                Who is entrusted with transport, going by {doc}?
                Which business moves the parcel to the customer in {doc}?
            """),
            fact("shipping", money(12, 38, 1), """
                What does shipping cost, according to {doc}?
                What is the charge for delivery in {doc}?
                In {doc}, how much is freight?
                What does the buyer pay for bringing the piece over in {doc}?
                What is the surcharge for not collecting it oneself, going by {doc}?
                How much has to be spent on transport, to judge from {doc}?
            """)),
        clause("care", "Care; Looking after it; Cleaning", """
            Dust it with a soft cloth and treat it with wax every {wax}. Keep it {stove} or more from a stove, since
            dry heat above that of a warm hand opens the joints.

            Renewal of the wax is advised at intervals of {wax}. A distance of {stove} from heat sources must be
            observed in order to prevent cracking.

            Wax every {wax}, thin coat, soft cloth. Distance from stoves {stove}. Never use vinegar or steam.

            Treat it like good shoes, with a lick of wax every {wax} and no puddles. It hates hot stoves too, so give
            it {stove} of breathing space there.
        """,
            fact("wax", number(3, 18, 1, "months"), """
                How often should the piece be waxed, according to {doc}?
                At what interval is the wax renewed in {doc}?
                In {doc}, every how many months does the wood need wax?
                How much time passes between two treatments with wax in {doc}?
                What rhythm of polishing keeps the furniture happy, going by {doc}?
                How frequently does an owner have to maintain the shine in {doc}?
            """),
            fact("stove", number(30, 60, 5, "cm"), """
                How far from a stove must the piece stand, according to {doc}?
                What distance from heat sources does {doc} require?
                In {doc}, how close to a stove may the furniture be?
                What space is needed between the wood and a stove in {doc}?
                How near may a fireplace or radiator be, to judge from {doc}?
                What separation protects the furniture from burning warmth, going by {doc}?
            """)),
        clause("designer", "Design; Who made it; The story behind it", """
            {designer} drew it during a train ride in {drawn}. The first piece was carved in the workshop of {carver}
            and can still be seen in the lobby.

            The design, registered in {drawn}, is the work of {designer}. The prototype was executed by the cabinet
            maker {carver}.

            Design by {designer}, first drawn in {drawn}. Prototype carved by {carver}, on view in the lobby.

            Legend has it that {designer} sketched it on a napkin back in {drawn}. It took the golden hands of
            {carver}, though, to turn the doodle into a real thing.
        """,
            fact("designer", person, """
                Who designed the piece, according to {doc}?
                Whose work is the design in {doc}?
                In {doc}, which person drew the furniture first?
                Who sketched the piece, according to {doc}?
                Whose imagination gave birth to the model, going by {doc}?
                Who had the idea for the furniture, to judge from {doc}?
            """),
            fact("drawn", year(1921, 2008), """
                In what year was the piece drawn, according to {doc}?
                When was the design made in {doc}?
                In {doc}, from which year does the design date?
                In which year was the first sketch made, according to {doc}?
                How old is the idea, given as a calendar year, in {doc}?
                When did the model come into the world, going by {doc}?
            """),
            fact("carver", person, """
                Who carved the first piece, according to {doc}?
                By whom was the prototype executed in {doc}?
                In {doc}, which cabinet maker built the first piece?
                In whose workshop was the prototype made in {doc}?
                Whose skilled labor produced the very earliest example, to judge from {doc}?
                Who turned paper into furniture, going by {doc}?
            """)),
        clause("colors", "Colors; Fabrics; Choose yours", """
            The cushions come in {color}, a wool cloth woven by {mill}. Ask for swatch {swatch} if you would like to
            feel it at home before you decide.

            Upholstery is supplied in {color} cloth of pure wool, a product of {mill}. Samples may be requested under
            the number {swatch}.

            Cushions in {color}, pure wool. Cloth woven by {mill}. Free sample under {swatch}, please return within ten
            days.

            Feeling bold? The cushions are {color} this year, in a cuddly wool from {mill}. Drop us a line, say
            {swatch}, and a little square of it lands in your mailbox.
        """,
            fact("color", one_of("moss green", "rust red", "slate gray", "mustard yellow", "midnight blue", "cream",
                                 "plum", "sand"), """
                In what color do the cushions come, according to {doc}?
                What is the color of the cloth in {doc}?
                In {doc}, which color does the upholstery have?
                What shade of wool is supplied in {doc}?
                Which hue will be seen on the soft parts, going by {doc}?
                What tone would guests notice when they look at the padding in {doc}?
            """),
            fact("mill", company, """
                Who wove the cloth, according to {doc}?
                Which company is the cloth from in {doc}?
                In {doc}, what firm makes the wool for the cushions?
                Of which business is the upholstery a product in {doc}?
                Who is the supplier of textiles, to judge from {doc}?
                Which factory stands behind the soft parts, going by {doc}?
            """),
            fact("swatch", code(), """
                Under what number can a sample of the cloth be had, according to {doc}?
                Which swatch should be asked for in {doc}?
                In {doc}, what is the number of the swatch?
                What must be said to get a piece of the wool in {doc}?
                Which code allows one to try the textile before buying, going by {doc}?
                What reference brings a bit of fabric by mail, to judge from {doc}?
            """)),
        clause("assembly", "Assembly; Putting it together; Before you begin", """
            Putting it together takes two people {minutes}. You need {tool}, and the 14 screws are in a bag taped under
            the lowest board.

            Assembly by two persons requires {minutes}. No implement other than {tool} is called for, and all screws
            are enclosed.

            Assembly {minutes} for two people. Tool required is {tool}, not supplied. Screws and glue in the bag.

            Clear the floor, put on some music and in {minutes} the two of you will be done. The only thing to borrow
            from the neighbors is {tool}, everything else is in the box.
        """,
            fact("minutes", number(15, 95, 5, "minutes"), """
                How long does assembly take, according to {doc}?
                What time do two people need to put the piece together in {doc}?
                In {doc}, how many minutes does putting it together require?
                How quickly is the furniture assembled in {doc}?
                After what while can a pair of helpers sit down and admire the result in {doc}?
                What is the duration of the construction job at home, going by {doc}?
            """),
            fact("tool", one_of("a rubber mallet", "a hex key", "a cross-head screwdriver", "a spirit level",
                                "a pair of pliers", "a hand drill"), """
                What tool is needed for assembly, according to {doc}?
                Which tool must the buyer have to put the piece together in {doc}?
                In {doc}, what implement is called for?
                What has to be at hand for putting it together in {doc}?
                What should come out of the shed before construction starts, going by {doc}?
                Which piece of hardware does the owner have to provide, to judge from {doc}?
            """)),
        clause("returns", "Returns; If you change your mind; Taking it back", """
            You may send it back within {back} if you do not like it. We keep {kept} of the price when the box is
            missing, and the return goes to our store in {depot}.

            A right of return exists for {back} from arrival. Goods without their carton are subject to a deduction of
            {kept}; they are received at {depot}.

            Return within {back} of arrival. Without the box minus {kept}. Send to the store in {depot}, freight paid.

            Not in love? No hard feelings, just ship it to {depot} inside {back}. Do keep the box, or we have to hold
            on to {kept} of your money.
        """,
            fact("back", number(10, 60, 5, "days"), """
                Within what time can the piece be sent back, according to {doc}?
                For how long does a right of return exist in {doc}?
                In {doc}, how many days does a buyer have for a return?
                How long after arrival may the furniture be returned in {doc}?
                How much time is there for second thoughts, to judge from {doc}?
                What period does an unhappy customer have to undo the purchase, going by {doc}?
            """),
            fact("kept", percent(6, 24, 1), """
                What share of the price is kept when the box is missing, according to {doc}?
                What deduction applies to goods without their carton in {doc}?
                In {doc}, how much is lost by returning the piece without its box?
                How much of the price does a missing box cost in {doc}?
                Which portion is not refunded if packaging was thrown away, going by {doc}?
                What is the penalty, in relative terms, for absent packaging, to judge from {doc}?
            """),
            fact("depot", place, """
                Where are returns sent, according to {doc}?
                At which place are returned goods received in {doc}?
                In {doc}, to what town does a return go?
                Where is the store that takes the piece back in {doc}?
                Which location should an unhappy customer write on the parcel, to judge from {doc}?
                Where does unwanted furniture end up, going by {doc}?
            """)),
    ),
)


def town_names(rng: Random) -> dict[str, str]:
    return {"town": place(rng), "county": coined(rng, 1) + "shire", "kind": one_of("market town", "fishing port",
            "hill town", "mining town", "spa town", "river town")(rng)}


TOWN = Genre(
    "town", town_names,
    titles=("{town}, {county}",),
    references=(
        "the article on {town}", "the encyclopedia entry for {town} in {county}", "the entry on {town}",
        "the text about the town of {town}", "the page on {town}, {county}", "the portrait of {town}",
    ),
    openings=paragraphs("""
        {town} is a {kind} in {county}. Its old center lies on both banks of a slow green river.

        {town}, a {kind} in the county of {county}, is the seat of a district council and of a regional archive.

        {town}, {kind}, {county}. Two bridges, one railway station, no airport.

        Few visitors to {county} plan to stop in {town}, yet those who do tend to miss their train on purpose.
    """),
    clauses=(
        clause("people", "Population; Inhabitants; Demographics", """
            At the last census {population} lived here, and {young} of them were under the age of eighteen. Most
            families have been around for generations.

            The population was enumerated at {population}, persons below eighteen years of age making up {young} of the
            total.

            Population {population} at the last census. Share under eighteen {young}, higher than anywhere else along
            the coast.

            With {young} of its folk still too young to drive, the place feels lively for its size. All told,
            {population} call it home.
        """,
            fact("population", number(2100, 98000, 10, "people"), """
                How many people live in the town, according to {doc}?
                What is the population in {doc}?
                In {doc}, how many inhabitants does the town have?
                What number of people did the census count in {doc}?
                How large is the community by headcount, going by {doc}?
                What figure for residents is found in {doc}?
            """),
            fact("young", percent(12, 34, 0.5), """
                What share of the inhabitants is under eighteen, according to {doc}?
                How large is the part of young people in {doc}?
                In {doc}, what percentage of the population is below eighteen?
                What proportion of the people are too young to drive in {doc}?
                Which fraction of residents are children or teenagers, as far as {doc} tells?
                How well is the next generation represented, in relative terms, going by {doc}?
            """)),
        clause("founding", "History; Origins; Early days", """
            The town was founded in {founded} by {founder}, who had been given the land for building a mill. A fire in
            {burned} destroyed every street but one.

            Its foundation by {founder} is documented for {founded}. In {burned} the settlement fell victim to a
            conflagration from which only the tower emerged intact.

            Founded {founded} by {founder}. Great fire {burned}, tower survived. Town walls pulled down soon after.

            It all goes back to {founder}, a miller with big plans, who drove the first post into the mud in {founded}.
            What came after was mostly flames, for in {burned} nearly everything burned to the ground.
        """,
            fact("founded", year(1105, 1490), """
                In what year was the town founded, according to {doc}?
                When was the town founded in {doc}?
                In {doc}, what is the year of the foundation?
                For which year is the founding documented in {doc}?
                How far back does the settlement's existence reach, as a year, going by {doc}?
                When did people begin to live there, as far as {doc} tells?
            """),
            fact("founder", person, """
                Who founded the town, according to {doc}?
                By whom was the town founded in {doc}?
                In {doc}, which person is the founder?
                What is the name of the founder in {doc}?
                To whom does the settlement owe its existence, going by {doc}?
                Who would deserve a statue as the very first citizen in {doc}?
            """),
            fact("burned", year(1505, 1790), """
                In what year did the great fire take place, according to {doc}?
                When did the town burn down in {doc}?
                In {doc}, what is the year of the fire?
                When was nearly everything destroyed by fire in {doc}?
                In which year did disaster strike the old houses, going by {doc}?
                When did residents lose their homes, as far as {doc} tells?
            """)),
        clause("church", "Sights; Landmarks; Buildings", """
            The best-known building is the bell tower, {tower} high, designed by {architect}. One climbs {steps} to the
            top and sees as far as the sea.

            Among the monuments, the belfry by {architect} takes first place, attaining a height of {tower}. Visitors
            ascend it by {steps}.

            Main sight is the bell tower, {tower} high. Architect was {architect}. To the top {steps}, no elevator.

            You cannot miss the bell tower that {architect} dreamed up, since its {tower} of brick poke out above
            everything. Bring water, because {steps} wait between you and the view.
        """,
            fact("tower", number(31, 98, 1, "meters"), """
                How high is the bell tower, according to {doc}?
                What is the height of the bell tower in {doc}?
                In {doc}, what height does the belfry attain?
                To which height does the tower rise in {doc}?
                How tall is the most famous building in {doc}?
                What does the main landmark measure from bottom to roof, going by {doc}?
            """),
            fact("architect", person, """
                Who designed the bell tower, according to {doc}?
                Who was the architect of the tower in {doc}?
                In {doc}, by whom is the belfry?
                Which architect is named for the bell tower in {doc}?
                Who drew the plans of the most famous building, going by {doc}?
                Whose masterpiece is the main landmark, as far as {doc} tells?
            """),
            fact("steps", number(110, 460, 1, "steps"), """
                How many steps lead up the bell tower, according to {doc}?
                What number of steps must be climbed in {doc}?
                In {doc}, by how many steps do visitors ascend the tower?
                How many stairs are there to the top in {doc}?
                What exercise awaits tourists inside the main landmark, going by {doc}?
                How long is the staircase of the most famous building in {doc}?
            """)),
        clause("economy", "Economy; Work and trade; Industry", """
            The largest employer is {employer}, which gives work to {jobs}. Otherwise people live from {craft} and, in
            recent years, from weekend guests.

            Economic life is dominated by {employer}, whose payroll comprises {jobs}. The district is also noted for
            {craft}.

            Largest employer {employer}, staff of {jobs}. Known for {craft}. Jobless rate low, wages about average.

            Ask anyone what they do and the answer is either {craft} or {employer}. The latter feeds {jobs} and
            sponsors the football club.
        """,
            fact("employer", company, """
                Which company is the largest employer, according to {doc}?
                By which firm is economic life dominated in {doc}?
                In {doc}, who gives work to the most people?
                What is the biggest employer in {doc}?
                Where do most of the townsfolk earn their salary, going by {doc}?
                Which business matters most for local incomes in {doc}?
            """),
            fact("jobs", number(240, 1900, 20, "workers"), """
                How many people work for the largest employer, according to {doc}?
                What number of workers does the biggest firm have in {doc}?
                In {doc}, how large is the staff of the largest employer?
                How many are on the payroll of the dominant firm in {doc}?
                What is the headcount of the most important business in {doc}?
                How many salaries does the leading factory provide, going by {doc}?
            """),
            fact("craft", one_of("glass blowing", "basket weaving", "smoked trout", "pear brandy", "lace making",
                                 "goat cheese", "clock making", "salt mining"), """
                For what is the district noted, according to {doc}?
                What do people live from besides the largest employer in {doc}?
                In {doc}, what trade is the town known for?
                Which product or craft is named in {doc}?
                What is the traditional specialty of local artisans, going by {doc}?
                Which local tradition earns money for the townsfolk in {doc}?
            """)),
        clause("climate", "Climate; Weather; Seasons", """
            Summers are warm, with {july} in July on average. The coldest night on record had {frost} below zero, and
            rain falls on 140 days of the year.

            The mean temperature in July stands at {july}. A minimum of {frost} below freezing point was registered
            during the severe winter of the flood.

            Mean for July {july}. Record low {frost} below zero. Rain on 140 days, snow on few, fog often.

            Locals still talk about the night when it dropped to {frost} below zero and the fountain cracked. July
            makes up for it with a lovely {july} or so.
        """,
            fact("july", number(16, 29, 1, "°C"), """
                What is the average temperature in July, according to {doc}?
                How warm is July in {doc}?
                In {doc}, what is the mean for July?
                Which temperature does {doc} give for July?
                What can people in shorts expect of a typical midsummer day, as far as {doc} tells?
                How hot does the holiday season usually get, going by {doc}?
            """),
            fact("frost", number(5, 15, 1, "degrees"), """
                How far below zero was the coldest night, according to {doc}?
                What is the record low below freezing in {doc}?
                In {doc}, how many degrees below zero have been registered?
                How cold did it get on the coldest night in {doc}?
                What was the most bitter chill ever measured in {doc}?
                How extreme has January been at its worst, going by {doc}?
            """)),
        clause("council", "Government; Town hall; Politics", """
            {mayor} has been mayor since {since}. The council sits at {hall} and meets in public on every second
            Tuesday.

            The municipal council has its seat at {hall}. The office of mayor has been held by {mayor} with effect from
            {since}.

            Mayor is {mayor}, in office since {since}. Council sits at {hall}, open to the public on Tuesdays.

            Complaints about potholes go to {mayor}, who moved into the mayor's room on {since} and has not left yet.
            You will find the council at {hall}, behind the big doors.
        """,
            fact("mayor", person, """
                Who is the mayor, according to {doc}?
                By whom is the office of mayor held in {doc}?
                In {doc}, which person is named as mayor?
                Who runs the town as mayor in {doc}?
                Who is the head of local government, going by {doc}?
                Whom did the voters put in charge, as far as {doc} tells?
            """),
            fact("since", date(2012, 2025), """
                Since when has the mayor been in office, according to {doc}?
                On what date did the mayor take office in {doc}?
                In {doc}, from which day has the mayor held the post?
                What is the first day of the mayor in office in {doc}?
                When did the head of local government start, going by {doc}?
                On which day did power change hands, as far as {doc} tells?
            """),
            fact("hall", one_of("the old granary", "the customs house", "the former convent", "the castle",
                                "the wool hall"), """
                Where does the council sit, according to {doc}?
                In which building is the council in {doc}?
                In {doc}, what is the seat of the council?
                What building does the council use in {doc}?
                Behind which walls do local politicians debate, going by {doc}?
                Which house serves as the heart of local government in {doc}?
            """)),
        clause("transport", "Transport; Getting there; Roads and rails", """
            Trains to {junction} take {ride} and run every hour. The last one leaves at {last_train}, after which only
            the taxi rank is awake.

            There is an hourly railway service to {junction}, the journey occupying {ride}. The final departure of the
            day is at {last_train}.

            Rail to {junction}, hourly, {ride} each way. Last train at {last_train}, Sundays included. No night bus.

            Hop on the little train and {ride} later you are in {junction}, coffee still warm. Just don't linger, for
            after {last_train} the station dog is your only company.
        """,
            fact("junction", place, """
                To where do the trains run, according to {doc}?
                To which town is there a railway service in {doc}?
                In {doc}, what is the destination of the trains?
                Which place can be reached by train in {doc}?
                What is at the other end of the tracks, going by {doc}?
                Which neighbor can somebody visit without a car, as far as {doc} tells?
            """),
            fact("ride", number(14, 85, 1, "minutes"), """
                How long does the train ride take, according to {doc}?
                What time does the railway journey occupy in {doc}?
                In {doc}, how many minutes do the trains need?
                How long is a traveler on the train in {doc}?
                What must commuters allow for going one way, going by {doc}?
                How much reading could a passenger do before arrival, in minutes,, as far as {doc} tells?
            """),
            fact("last_train", time_of_day("20:45", "23:30"), """
                When does the last train leave, according to {doc}?
                At what time is the final departure by rail in {doc}?
                In {doc}, what is the time of the last train?
                Until when do trains run in {doc}?
                When is it too late to get away by public means, going by {doc}?
                At which hour does the platform fall silent for the night, as far as {doc} tells?
            """)),
        clause("market", "Market and festivals; Customs; Local life", """
            Every year on {fair} the streets fill for the {feast}. Stalls open at {stalls}, and the first barrel is
            tapped by the oldest baker.

            The {feast} is held annually on {fair}. In accordance with custom, trading commences at {stalls} upon the
            ringing of a bell.

            Yearly {feast}, always on {fair}. Stalls open from {stalls}. Streets closed to cars, parking by the river.

            If you like crowds, come for the {feast}, which has been on {fair} for as long as anybody can remember.
            Stallholders start shouting at {stalls}, so forget about sleeping in.
        """,
            fact("fair", one_of("3 May", "17 June", "9 July", "21 August", "5 September", "12 October"), """
                On what day of the year is the festival held, according to {doc}?
                When do the streets fill each year in {doc}?
                In {doc}, what is the annual date of the festival?
                On which date does the yearly celebration fall in {doc}?
                When do locals party together, going by {doc}?
                Which square of the calendar belongs to fun, as far as {doc} tells?
            """),
            fact("feast", one_of("herring fair", "plum festival", "lantern parade", "onion market", "kite week",
                                 "rope dance"), """
                What festival is held every year, according to {doc}?
                What is the name of the annual event in {doc}?
                In {doc}, for which event do the streets fill?
                Which yearly custom is mentioned in {doc}?
                What do locals celebrate together, going by {doc}?
                What kind of party draws outsiders, as far as {doc} tells?
            """),
            fact("stalls", time_of_day("06:00", "09:15"), """
                When do the stalls open at the festival, according to {doc}?
                At what time does trading commence in {doc}?
                In {doc}, from what hour are the stalls open?
                What is the opening time of the stalls in {doc}?
                When can early shoppers spend their first coin, going by {doc}?
                At which hour does the noise begin on the special day, as far as {doc} tells?
            """)),
        clause("school", "Education; Schools; Learning", """
            The grammar school bears the name of {patron} and has {pupils}. It was built for {cost} after the old one
            had lost its roof in a storm.

            Secondary education is provided by the {patron} School, attended by {pupils}. Its construction was financed
            with {cost}.

            One grammar school, named after {patron}. Roll of {pupils}. Building cost {cost}, gym and pool included.

            Mornings are noisy around the {patron} School, where {pupils} pour through the gate. It cost the town
            {cost}, and people argued over that for a decade.
        """,
            fact("patron", person, """
                After whom is the grammar school named, according to {doc}?
                Whose name does the school bear in {doc}?
                In {doc}, which person gave the school its name?
                What name does the grammar school have in {doc}?
                Who is honored by the place where teenagers study, going by {doc}?
                To whose memory is the house of lessons dedicated, as far as {doc} tells?
            """),
            fact("pupils", number(210, 1480, 10, "pupils"), """
                How many pupils attend the grammar school, according to {doc}?
                What is the number of pupils in {doc}?
                In {doc}, how large is the roll of the school?
                How many young people go to the grammar school in {doc}?
                How many teenagers receive lessons, going by {doc}?
                What is the size of the student body, as far as {doc} tells?
            """),
            fact("cost", money(200000, 980000, 5000), """
                What did the school building cost, according to {doc}?
                For what sum was the grammar school built in {doc}?
                In {doc}, with how much money was the school financed?
                What was the price of the school in {doc}?
                How much did taxpayers spend on a home for lessons, going by {doc}?
                What amount went into the place where teenagers study, as far as {doc} tells?
            """)),
    ),
)


def letter_names(rng: Random) -> dict[str, str]:
    return {"sender": person(rng), "recipient": person(rng)}


LETTER = Genre(
    "letter", letter_names,
    titles=("Letter from {sender} to {recipient}",),
    references=(
        "the letter from {sender} to {recipient}", "{sender}'s letter to {recipient}",
        "the news that {sender} sent to {recipient}", "the letter that {recipient} got from {sender}",
        "the page {sender} sent {recipient}", "{sender}'s note to {recipient}",
    ),
    openings=paragraphs("""
        Dear {recipient}, it has been far too long since I last put pen to paper. Here is all my news.

        My dear {recipient}, I trust that these lines find you in good health and that your mother has recovered.

        Dear {recipient}, in haste. Much to tell, little ink.

        Oh {recipient}, you will never guess what a spring it has been for your old friend {sender}!
    """),
    clauses=(
        clause("house", "The new house; We have moved; My new address", """
            We have bought a small house in {village} for {house_price}. The moving van comes on {move}, and the spare
            room is already yours.

            You will be surprised to learn that I have acquired a cottage at {village}, the purchase price being
            {house_price}. We shall take up residence on {move}.

            Bought a house in {village}. Paid {house_price}, roof needs work. Moving on {move}, spare room for you.

            Guess who owns a house! For {house_price} we got four crooked walls in {village} and a cherry tree. Keep
            {move} free, please, because we need strong arms for the piano.
        """,
            fact("village", place, """
                Where has the sender bought a house, according to {doc}?
                In which village is the new house in {doc}?
                In {doc}, where is the cottage?
                To what place is the sender moving in {doc}?
                Where will the writer live from now on, going by {doc}?
                Which community gets the writer as a resident in {doc}?
            """),
            fact("house_price", money(85000, 420000, 5000), """
                How much was paid for the house, according to {doc}?
                What was the purchase price of the cottage in {doc}?
                In {doc}, for what sum was the house bought?
                What did the house cost in {doc}?
                How expensive was the writer's property, going by {doc}?
                What amount did the seller of the home receive in {doc}?
            """),
            fact("move", date(2014, 2026), """
                On what date is the move, according to {doc}?
                When does the sender move in according to {doc}?
                In {doc}, on which day does the moving van come?
                What day is fixed for the move in {doc}?
                When will boxes and furniture be carried, going by {doc}?
                From which date will the writer sleep under a different roof in {doc}?
            """)),
        clause("job", "Work; A new job; How work is going", """
            After {years} I left the bank and now work for {new_boss}, where I begin each morning at {shift}. The pay
            is worse but the people sing.

            Having served the bank for {years}, I have accepted a position with {new_boss}. My duties commence daily at
            {shift}.

            Left the bank after {years}. Now with {new_boss}, day starts at {shift}. Happier, poorer, thinner.

            I finally did it and walked out of that gloomy bank, {years} of my life! These days {new_boss} has the
            pleasure, even if I yawn when the shift starts at {shift}.
        """,
            fact("years", number(4, 29, 1, "years"), """
                How long did the sender work at the bank, according to {doc}?
                After what time did the sender leave the bank in {doc}?
                In {doc}, for how many years did the sender serve the bank?
                How many years at the bank are mentioned in {doc}?
                What length did the writer's former career have, going by {doc}?
                How long did the writer put up with an unloved employer in {doc}?
            """),
            fact("new_boss", company, """
                For which company does the sender work now, according to {doc}?
                With whom has the sender accepted a position in {doc}?
                In {doc}, which firm is the new employer?
                Where does the sender work after leaving the bank in {doc}?
                Which business currently pays the writer, going by {doc}?
                Who hired the writer, as told in {doc}?
            """),
            fact("shift", time_of_day("05:15", "07:15"), """
                At what time does the sender's working day begin, according to {doc}?
                When does the sender start work in {doc}?
                In {doc}, from what hour is the sender on duty?
                What time does the shift begin in {doc}?
                How early is the writer expected at the workplace in {doc}?
                When must the writer show up to earn a wage, going by {doc}?
            """)),
        clause("loan", "The money; What I owe you; About the loan", """
            I have not forgotten the {debt} you lent me. You will get it back in {installments}, and the first comes by
            post with {bearer}.

            As regards the sum of {debt} which you kindly advanced, repayment will be effected in {installments}, to be
            handed over by {bearer}.

            The loan of {debt} will be repaid in {installments}. Money comes by hand, with {bearer}. Thank you again.

            Yes, yes, I know I still owe you {debt}, and I blush whenever I think of it. Look out for {bearer} on your
            doorstep with the envelope, and expect {installments} in all.
        """,
            fact("debt", money(150, 2950, 50), """
                How much did the recipient lend the sender, according to {doc}?
                What sum does the sender owe in {doc}?
                In {doc}, how large is the loan?
                What amount has to be repaid in {doc}?
                How deep is the writer in the red with the addressee in {doc}?
                What did the writer once borrow, going by {doc}?
            """),
            fact("installments", number(2, 12, 1, "installments"), """
                In how many installments is the loan repaid, according to {doc}?
                How many payments will the sender make in {doc}?
                In {doc}, into what number of installments is the money split?
                How many parts does the repayment have in {doc}?
                How often must the addressee count cash until all is settled in {doc}?
                In what portions does the writer plan to settle up, going by {doc}?
            """),
            fact("bearer", person, """
                Who brings the money, according to {doc}?
                By whom will the repayment be handed over in {doc}?
                In {doc}, which person comes with the envelope?
                With whom does the sender send the money in {doc}?
                Who acts as the courier of the cash, going by {doc}?
                Whom should the addressee let in so as to be paid, as told in {doc}?
            """)),
        clause("health", "My knee; Health; Doctors", """
            My knee is better since {doctor} looked at it. I must rest it for {rest} and swallow {pills} a day, which
            taste of chalk.

            Under the care of {doctor} the condition of my knee has improved, although {rest} of rest have been ordered
            and {pills} a day prescribed.

            Knee better, thanks to {doctor}. Still {rest} of rest ahead, plus {pills} a day. No dancing.

            Blame the ice, not the wine, for my silly knee. Now {doctor} has banned me from the garden for {rest}, and
            I crunch {pills} every single day like candy.
        """,
            fact("doctor", person, """
                Who looked at the sender's knee, according to {doc}?
                Under whose care is the knee in {doc}?
                In {doc}, which doctor is named?
                Who ordered rest for the knee in {doc}?
                Which physician treats the writer, going by {doc}?
                To whose skill does the writer owe feeling healthier in {doc}?
            """),
            fact("rest", number(2, 9, 1, "weeks"), """
                How long must the knee rest, according to {doc}?
                For what time has rest been ordered in {doc}?
                In {doc}, how many weeks of rest does the sender need?
                What period of rest is prescribed for the knee in {doc}?
                How long until the writer can run about freely again in {doc}?
                When will the patient be allowed to move normally, counted in weeks, going by {doc}?
            """),
            fact("pills", number(2, 8, 1, "pills"), """
                How many pills a day must the sender take, according to {doc}?
                What number of pills is prescribed in {doc}?
                In {doc}, what does the sender swallow each day?
                How many tablets for the knee are taken daily in {doc}?
                What is the daily dose of medicine in {doc}?
                What does the patient consume every twenty-four hours in order to heal, going by {doc}?
            """)),
        clause("wedding", "The wedding; Happy news; An invitation", """
            My niece {bride} is getting married on {wedding}, and the groom is {groom}. They want a small party, with
            soup, a fiddle and not one speech.

            I have the honor to announce that {groom} will lead his bride, {bride}, to the altar on {wedding}, in the
            presence of the family only.

            Wedding on {wedding}. Bride is {bride}, groom is {groom}. Small party, no speeches, bring good shoes.

            Put on your dancing shoes, for {groom} has popped the question and {bride} said yes before he finished. The
            big day is {wedding}, so don't you dare be ill.
        """,
            fact("bride", person, """
                Who is the bride, according to {doc}?
                Which woman is getting married in {doc}?
                In {doc}, what is the name of the bride?
                Who said yes to the groom in {doc}?
                Who will wear the white dress, going by {doc}?
                Whose hand was asked for in {doc}?
            """),
            fact("groom", person, """
                Who is the groom, according to {doc}?
                Which man is getting married in {doc}?
                In {doc}, what is the name of the groom?
                Who proposed to the bride in {doc}?
                Who will become a husband, going by {doc}?
                Who went down on his knees in {doc}?
            """),
            fact("wedding", date(2014, 2026), """
                On what date is the wedding, according to {doc}?
                When are the two getting married in {doc}?
                In {doc}, which day is the wedding?
                What is the date of the marriage in {doc}?
                On which day will rings be exchanged, going by {doc}?
                When do the lovers become a family, as told in {doc}?
            """)),
        clause("trip", "My journey; Travel plans; A visit", """
            In spring I will spend {stay} with {host} in {abroad}. There is a hill behind the house where you can see
            storks with the naked eye.

            I intend to pass {stay} at {abroad} in the coming spring, where {host} has been so good as to offer me a
            room.

            Spring trip to {abroad}, staying {stay}. Room at {host}'s place, breakfast included. Will send a card.

            Itchy feet again! The tickets to {abroad} are in my drawer, and {host} has promised me the sofa for {stay},
            snoring dog included.
        """,
            fact("stay", number(5, 27, 1, "days"), """
                How long will the sender be away in spring, according to {doc}?
                For how many days is the spring trip planned in {doc}?
                In {doc}, how long does the sender stay on the trip?
                What is the length of the spring trip in {doc}?
                How much time off does the writer's vacation require in {doc}?
                For what duration must somebody water the writer's plants, going by {doc}?
            """),
            fact("host", person, """
                With whom will the sender stay in spring, according to {doc}?
                Who offers the sender a room in {doc}?
                In {doc}, which person is the host of the sender?
                At whose place does the sender stay on the trip in {doc}?
                Who will share a home with the writer on vacation in {doc}?
                Whose hospitality does the writer enjoy, going by {doc}?
            """),
            fact("abroad", place, """
                Where does the sender travel in spring, according to {doc}?
                To which town is the spring trip in {doc}?
                In {doc}, what is the destination of the sender?
                Where will the sender spend the spring days in {doc}?
                Which spot did the writer pick for a vacation in {doc}?
                From where will postcards by the writer come, going by {doc}?
            """)),
        clause("garden", "The garden; Harvest; Bees and apples", """
            The garden gave us {apples} of apples this year, and {wasps} of them went bad. I traded the rest for
            {trade} at the market.

            Our orchard has yielded {apples} of apples, {wasps} having been spoiled by wasps. The remainder was
            exchanged for {trade}.

            Harvest of {apples}, apples only. Lost to wasps {wasps}. Swapped the rest for {trade} at the market.

            Apples, apples everywhere, {apples} of them! The wasps threw a party and ruined {wasps}, but I sneaked the
            others to the market and came home with {trade}.
        """,
            fact("apples", number(35, 280, 5, "kg"), """
                How many apples did the garden give, according to {doc}?
                What weight of apples was harvested in {doc}?
                In {doc}, how large was the harvest of apples?
                What did the orchard yield in {doc}?
                How heavy was all the fruit together, going by {doc}?
                What quantity grew on the writer's trees in {doc}?
            """),
            fact("wasps", percent(4, 38, 1), """
                What share of the apples went bad, according to {doc}?
                How much of the harvest was spoiled by wasps in {doc}?
                In {doc}, what part of the apples was lost?
                What percentage of the apples did the wasps ruin in {doc}?
                How great was the damage done by insects, in relative terms, going by {doc}?
                Which proportion of the fruit could not be eaten in {doc}?
            """),
            fact("trade", one_of("a second-hand bicycle", "a copper kettle", "a pair of geese", "a wicker chair",
                                 "an old accordion", "a bag of wool", "three jars of honey"), """
                For what were the good apples exchanged, according to {doc}?
                What did the sender get for the rest of the apples in {doc}?
                In {doc}, what was the harvest swapped for?
                What came home from the market in {doc}?
                What does the writer own now in place of fruit, going by {doc}?
                Which bargain did the writer strike in {doc}?
            """)),
        clause("parcel", "The parcel; What I am sending; A little present", """
            With this letter comes a parcel of {grams}, number {tracking}. It holds {gift}, wrapped in three of my
            socks, so open it with care.

            Under separate cover you will receive a parcel registered as {tracking}, weighing {grams} and containing
            {gift}.

            Parcel on its way, {grams}, number {tracking}. Inside is {gift}. Mind the string and keep the socks.

            I hope the mailman is kind to {gift}, which I stuffed into a box for you. They weighed it at {grams} and
            gave it the number {tracking}, in case it gets lost.
        """,
            fact("grams", number(220, 1990, 10, "grams"), """
                How heavy is the parcel, according to {doc}?
                What does the parcel weigh in {doc}?
                In {doc}, which weight does the parcel have?
                What is the weight of the box that was sent in {doc}?
                How much postage-relevant mass does the present have in {doc}?
                What did the scales at the counter display, going by {doc}?
            """),
            fact("tracking", code(), """
                What is the number of the parcel, according to {doc}?
                How is the parcel registered in {doc}?
                In {doc}, under which number does the parcel travel?
                What number did the parcel get in {doc}?
                Which code helps trace the present if it goes missing in {doc}?
                What should the addressee quote at the counter, going by {doc}?
            """),
            fact("gift", one_of("a blue teapot", "a wooden owl", "a jar of plum jam", "a silver thimble", "a sea chart",
                                "a knitted scarf", "a music box"), """
                What is in the parcel, according to {doc}?
                What does the parcel hold in {doc}?
                In {doc}, what is the sender sending?
                Which thing is wrapped in the parcel in {doc}?
                What present did the writer choose for the addressee in {doc}?
                Which surprise awaits the addressee, going by {doc}?
            """)),
        clause("farewell", "Before I close; How to reach me; Good-bye", """
            Until the move you can ring me at my sister's, {sister}, after {evening}. She sleeps early, so let it ring
            no more than {rings}.

            Pending our removal I may be reached through my sister, {sister}, by telephone, preferably after {evening}
            and with no more than {rings}.

            Phone me at my sister's, name {sister}, after {evening}. Hang up if nobody answers by {rings}.

            Missing my voice? Call {sister}, my patient sister, once the clock says {evening}, and hang up after
            {rings}, or the baby wakes and I get the blame.
        """,
            fact("sister", person, """
                What is the name of the sender's sister, according to {doc}?
                At whose place can the sender be phoned in {doc}?
                In {doc}, who is the sister of the sender?
                Through whom may the sender be reached in {doc}?
                Which relative of the writer is mentioned by name in {doc}?
                Who will pick up when the addressee dials, going by {doc}?
            """),
            fact("evening", time_of_day("17:15", "20:15"), """
                After what time can the sender be phoned, according to {doc}?
                From which hour should the recipient ring in {doc}?
                In {doc}, what is the preferred time for a phone call?
                When can the sender be reached by telephone in {doc}?
                Before which hour is dialing useless, going by {doc}?
                When is the writer around for a chat, as told in {doc}?
            """),
            fact("rings", number(3, 9, 1, "rings"), """
                After how many rings should the recipient hang up, according to {doc}?
                How often may the phone ring in {doc}?
                In {doc}, what is the limit for letting it ring?
                How many rings are allowed in {doc}?
                When should the addressee give up trying, going by {doc}?
                How much noise by the bell is tolerated, as told in {doc}?
            """)),
    ),
)


def syllabus_names(rng: Random) -> dict[str, str]:
    subject = one_of("Soil Science", "Baroque Painting", "Statistics", "Marine Biology", "Poetry", "Bridge Design",
                     "Nutrition", "Astronomy", "Bookbinding", "Acoustics", "Swahili", "Glaciers")
    return {"number": code()(rng), "subject": subject(rng), "college": coined(rng, 1) + " College"}


SYLLABUS = Genre(
    "syllabus", syllabus_names,
    titles=("Syllabus {number}: {subject}, {college}",),
    references=(
        "the syllabus of {number}", "the syllabus for course {number} at {college}",
        "the outline of the {subject} course at {college}", "the {number} course description",
        "the course guide to {number}, {subject}", "{college}'s syllabus for {subject} ({number})",
    ),
    openings=paragraphs("""
        This course introduces {subject} to students from all departments. No earlier study of the field is expected.

        {college} offers {number} as an elective in {subject}, open to candidates in their second year and above.

        Course {number}, {subject}. Elective, open to all. Read before the first class.

        So you are curious about {subject}? Wonderful, pull up a chair and bring your strangest questions.
    """),
    clauses=(
        clause("teachers", "Teaching staff; Who teaches; Your teachers", """
            Lectures are given by {lecturer}. Your exercises are marked by {tutor}, whose door is open from {office},
            and guests drop in twice per term.

            The lectures are delivered by {lecturer}. Supervision of written exercises rests with {tutor}, available
            for consultation from {office}.

            Lecturer this term is {lecturer}. Tutor for exercises is {tutor}. Tutor's door open from {office}, no
            appointment needed.

            Up front you will see {lecturer} waving a piece of chalk, while {tutor} reads your homework with a red pen
            and a kind heart. Come and chat with the latter any time after {office}.
        """,
            fact("lecturer", person, """
                Who gives the lectures, according to {doc}?
                By whom are the lectures delivered in {doc}?
                In {doc}, which person is the lecturer?
                Who stands up front as lecturer in {doc}?
                Whose talks do enrolled people listen to, going by {doc}?
                Who is the professor behind the class in {doc}?
            """),
            fact("tutor", person, """
                Who marks the exercises, according to {doc}?
                Who is the tutor in {doc}?
                In {doc}, with whom does supervision of the exercises rest?
                Which person reads the homework in {doc}?
                Who corrects what participants hand in, going by {doc}?
                Whose comments appear beside the participants' solutions under {doc}?
            """),
            fact("office", time_of_day("13:00", "16:15"), """
                From what time is the tutor's door open, according to {doc}?
                When is the tutor available for consultation in {doc}?
                In {doc}, after what time can students chat with the tutor?
                At what hour does the tutor's consultation start in {doc}?
                When can participants get personal advice, going by {doc}?
                What is the earliest moment of the day for asking about corrected work under {doc}?
            """)),
        clause("schedule", "Schedule; When and where; Time and place", """
            We meet at {class_time} on Mondays in {room} for two hours. The first class is on {first_day}, rain or
            shine.

            Instruction takes place on Mondays in {room}, commencing on {first_day}. Each session begins at
            {class_time} and extends over two hours.

            Mondays at {class_time}, two hours per class. Room is {room}. First class {first_day}, attendance list goes
            round.

            See you on {first_day} for the very first class. From then on it is Mondays at {class_time} in {room}, and
            if you can sit still for two hours, you have done well.
        """,
            fact("class_time", time_of_day("08:15", "11:45"), """
                At what time does the class meet, according to {doc}?
                When does each session begin in {doc}?
                In {doc}, what is the time of the Monday class?
                At which hour do students meet on Mondays in {doc}?
                When must somebody be seated to hear everything from the start of a lesson in {doc}?
                What does the timetable indicate for the weekly lesson, going by {doc}?
            """),
            fact("room", one_of("the round hall", "the west annex", "the botany lab", "the glass pavilion",
                                "the old chapel", "the basement studio"), """
                In which room does the class meet, according to {doc}?
                Where does instruction take place in {doc}?
                In {doc}, what room is given for the class?
                Where are the Monday sessions in {doc}?
                What location should a participant look up on the campus plan under {doc}?
                Behind which door does the weekly lesson happen, going by {doc}?
            """),
            fact("first_day", date(2014, 2026), """
                On what date is the first class, according to {doc}?
                When does instruction commence in {doc}?
                In {doc}, on which day do the classes start?
                What is the date of the first session in {doc}?
                On which day does everything kick off for participants, going by {doc}?
                When will the group come together initially under {doc}?
            """)),
        clause("grading", "Grading; Marks; How you are assessed", """
            The final exam counts for {exam} and the project for {project}; the rest comes from homework. A grade is
            given only to those who attend 8 classes.

            The final grade is composed of a written exam, weighted at {exam}, and a project, weighted at {project}.
            The balance is derived from homework.

            Exam {exam} of the grade. Project makes up {project}. Rest from homework, no extra credit, no rounding up.

            Let's talk marks. Your project makes up {project} of the grade and the big scary exam {exam}, with homework
            filling whatever gap is left.
        """,
            fact("exam", percent(32, 50, 1), """
                How much does the final exam count, according to {doc}?
                What weight does the exam have in {doc}?
                In {doc}, which share of the grade comes from the exam?
                What part of the grade is the exam in {doc}?
                How important is the test at the end, in relative terms, under {doc}?
                What fraction depends on performance in the examination hall, going by {doc}?
            """),
            fact("project", percent(10, 30, 1), """
                How much does the project count, according to {doc}?
                What weight does the project have in {doc}?
                In {doc}, which share of the grade comes from the project?
                What part of the grade is the project in {doc}?
                How important is the participant's own undertaking, in relative terms, under {doc}?
                What fraction depends on independent creative work, going by {doc}?
            """)),
        clause("project_work", "The project; Project work; Your own study", """
            Your project report is due on {due} and must have {words}. Work in pairs if you like, and let {helper} know
            your topic before the break.

            A report of {words} on the project shall be submitted by {due}. Proposed topics require the prior assent of
            {helper}.

            Report of {words}, single file. Due {due}, no exceptions. Topics to be agreed with {helper} before the
            break.

            Pick something you love for your project, run it past {helper}, and write {words} about it. The box outside
            the office gets emptied on {due}, so don't be late.
        """,
            fact("due", date(2014, 2026), """
                By what date is the project report due, according to {doc}?
                When must the report be submitted in {doc}?
                In {doc}, what is the deadline for the project?
                On which day is the report due in {doc}?
                When does the participant's essay have to be finished, going by {doc}?
                After which day would handing in the essay be too late under {doc}?
            """),
            fact("words", number(1200, 5800, 100, "words"), """
                How long must the project report be, according to {doc}?
                What length is required of the report in {doc}?
                In {doc}, how many words does the project report have?
                What number of words is asked for in {doc}?
                How much prose must a participant produce, going by {doc}?
                At which size is the essay considered complete in {doc}?
            """),
            fact("helper", person, """
                Who must agree to the project topic, according to {doc}?
                Whose assent is required for topics in {doc}?
                In {doc}, with whom are project topics agreed?
                Whom should students tell about their topic in {doc}?
                Who decides whether an idea for the essay is suitable, going by {doc}?
                By whom can a proposed theme be turned down under {doc}?
            """)),
        clause("book", "Reading; Books; What to read", """
            We use the book {book} by {author}, which the campus shop sells for {book_price}. Read two chapters a week
            and bring a pencil.

            The prescribed text is {book}, written by {author} and obtainable at {book_price} from the campus shop.

            Textbook for the course is {book}. Its author is {author}. Campus shop price {book_price}, older editions
            will do as well.

            Grab a copy of {book} before they are gone. It is by {author}, funny in places, and at {book_price} it
            costs less than a pair of jeans.
        """,
            fact("book", lambda rng: f"{coined(rng, 1)} {rng.choice(['Explained', 'Revisited', 'for All'])}", """
                Which book is used in the course, according to {doc}?
                What is the prescribed text in {doc}?
                In {doc}, what is the title of the textbook?
                Which textbook must students read in {doc}?
                What does the participant's shelf need, going by {doc}?
                Which publication accompanies the lessons under {doc}?
            """),
            fact("author", person, """
                Who wrote the textbook, according to {doc}?
                Who is the author of the prescribed text in {doc}?
                In {doc}, by whom is the book?
                What author does {doc} name?
                Whose name is printed on the cover of the required volume in {doc}?
                From whose mind did the required volume spring, going by {doc}?
            """),
            fact("book_price", money(18, 85, 1), """
                What does the book cost, according to {doc}?
                For how much does the campus shop sell the book in {doc}?
                In {doc}, what is the price of the textbook?
                At what price can the text be obtained in {doc}?
                How much should participants budget for literature, going by {doc}?
                What is due at the till for the required volume under {doc}?
            """)),
        clause("field_trip", "Field trip; Excursion; Out of the classroom", """
            In the sixth week we spend {trip_days} in {trip_place}, looking at things you cannot see in a classroom.
            Your share of the cost is {trip_cost}.

            An excursion of {trip_days} to {trip_place} forms part of the course. A contribution of {trip_cost} is
            payable by each participant.

            Field trip to {trip_place}, {trip_days}. Own contribution {trip_cost}, bus and bed included, food extra.

            Pack a raincoat, because week six takes us out to {trip_place} for {trip_days} of mud and wonder. Each of
            you chips in {trip_cost}, and I bring the marshmallows.
        """,
            fact("trip_days", number(2, 9, 1, "days"), """
                How long is the field trip, according to {doc}?
                For how many days does the excursion last in {doc}?
                In {doc}, what is the length of the field trip?
                How many days do students spend on the excursion in {doc}?
                For what time will participants be off campus together in {doc}?
                How long do those enrolled sleep in other beds, going by {doc}?
            """),
            fact("trip_place", place, """
                Where does the field trip go, according to {doc}?
                To which place is the excursion in {doc}?
                In {doc}, what is the destination of the field trip?
                What town do students travel to in {doc}?
                Where will those enrolled be found when the lecture hall is empty, going by {doc}?
                Which spot outside campus is visited under {doc}?
            """),
            fact("trip_cost", money(90, 380, 10), """
                What does each student pay for the field trip, according to {doc}?
                What contribution to the excursion is payable in {doc}?
                In {doc}, how much is the student's share of the trip?
                How much does the field trip cost a participant in {doc}?
                What must those enrolled save up for learning outdoors, going by {doc}?
                Which expense per head comes with leaving campus under {doc}?
            """)),
        clause("enrolment", "Enrollment; Signing up; Places", """
            There are {seats} in the class, and the fee is {tuition}. To sign up, write to {clerk} with your student
            card number.

            Admission is limited to {seats} and subject to a fee of {tuition}. Applications are received by {clerk} at
            the registry.

            Limited to {seats}. Fee {tuition}, half for staff. Sign up with {clerk} at the registry, in person.

            Hurry up, for {seats} is all we can squeeze in. A quick message to {clerk} does the trick, and once the
            {tuition} fee has arrived, you are one of us.
        """,
            fact("seats", number(12, 90, 2, "places"), """
                How many places are there in the class, according to {doc}?
                To what number is admission limited in {doc}?
                In {doc}, what is the size of the class?
                How many students can be admitted in {doc}?
                What is the capacity of the group, going by {doc}?
                When is the group full, by number of heads, under {doc}?
            """),
            fact("tuition", money(400, 1950, 50), """
                What is the course fee, according to {doc}?
                How much is the fee for the class in {doc}?
                In {doc}, to what fee is admission subject?
                What must a student pay to sign up in {doc}?
                How dear is taking part, not counting travel and literature, going by {doc}?
                Which sum does the school collect from everyone who wants to learn here under {doc}?
            """),
            fact("clerk", person, """
                To whom do students write to sign up, according to {doc}?
                By whom are applications received in {doc}?
                In {doc}, which person takes care of signing up?
                Who at the registry is responsible for the class in {doc}?
                Whom does a newcomer contact in order to join, going by {doc}?
                Who keeps the list of those enrolled under {doc}?
            """)),
        clause("late", "Late work and absence; Missing class; Deadlines", """
            Homework handed in late loses {penalty} of its points per day, and after {cutoff} it is worth nothing.
            Illness counts as an excuse, a barking dog does not.

            A deduction of {penalty} of the points is made for each day of delay. Homework is no longer accepted once
            {cutoff} have elapsed.

            Late homework, minus {penalty} of the points per day. Not accepted after {cutoff}. Doctor's letters
            accepted.

            Life happens, I know. Still, every late day nibbles {penalty} off your points, and when {cutoff} have gone
            by I can only offer sympathy.
        """,
            fact("penalty", percent(3, 9, 0.5), """
                What share of the points does late homework lose per day, according to {doc}?
                What deduction is made for each day of delay in {doc}?
                In {doc}, how much does a late day cost?
                By how much are the points cut per day in {doc}?
                How harshly is tardiness punished, in relative terms, going by {doc}?
                What is the daily price of missing an assignment deadline under {doc}?
            """),
            fact("cutoff", number(10, 21, 1, "days"), """
                After what time is late homework no longer accepted, according to {doc}?
                When is late homework worth nothing in {doc}?
                In {doc}, how many days late can homework be?
                For how long is late homework still accepted in {doc}?
                What is the maximum tardiness that earns any credit in {doc}?
                When does an overdue assignment become pointless, going by {doc}?
            """)),
    ),
)


def protocol_names(rng: Random) -> dict[str, str]:
    method = one_of("staining", "extraction", "fermentation", "filtration", "titration", "germination", "corrosion")
    return {"assay": f"{coined(rng, 1)} {method(rng)}", "institute": coined(rng, 1) + " Institute"}


PROTOCOL = Genre(
    "protocol", protocol_names,
    titles=("Lab protocol: {assay}, {institute}",),
    references=(
        "the {assay} protocol", "the lab protocol for {assay}", "the {institute}'s protocol for {assay}",
        "the bench guide to {assay} from the {institute}", "the procedure called {assay}",
        "the {assay} instruction sheet of the {institute}",
    ),
    openings=paragraphs("""
        This is how {assay} is done at the {institute}. Wear gloves and goggles, and read each step before you begin.

        The procedure known as {assay} was validated at the {institute} and is binding on all laboratory personnel.

        Method, {assay}. Origin, {institute}. Gloves, goggles, closed shoes.

        First time with {assay}? Relax, everybody at the {institute} has spilled something at least once.
    """),
    clauses=(
        clause("sample", "Sample; Taking the sample; Starting material", """
            Weigh out {amount} of the sample and break it up in a mortar for {grind}. It should look like fine flour,
            with no grains left that a nail can feel.

            An aliquot of {amount} is comminuted in a mortar over {grind}, until no particle larger than those of flour
            remains.

            Sample, {amount}, dry. Grind for {grind} in a mortar. No visible grains, no metal tools.

            Roll up your sleeves and pound away for {grind}, until the stuff feels like face powder. You only need
            {amount} of sample, so go easy with the spoon.
        """,
            fact("amount", number(5, 90, 5, "grams"), """
                How much of the sample is weighed out, according to {doc}?
                What amount of sample does {doc} ask for?
                In {doc}, how many grams of sample are needed?
                Which quantity of sample goes into the mortar in {doc}?
                With what portion of raw material does the technician begin, going by {doc}?
                What should the balance display before work starts under {doc}?
            """),
            fact("grind", number(3, 14, 1, "minutes"), """
                How long is the sample ground, according to {doc}?
                For what time is the mortar used in {doc}?
                In {doc}, how many minutes does breaking up the sample take?
                How long should the grinding last in {doc}?
                What duration of crushing by hand is called for, going by {doc}?
                When is the raw material considered pulverized, counted in minutes, under {doc}?
            """)),
        clause("solution", "Solution; Preparing the solution; Reagents", """
            Dissolve the powder in {volume} of {solvent}. Add {salt} of table salt, stir slowly, and label the flask
            with today's date.

            The powder is taken up in {volume} of {solvent}, whereupon sodium chloride in the quantity of {salt} is
            introduced under gentle stirring.

            Powder into {volume} of {solvent}. Table salt, {salt}. Stir slowly, label flask, close lid.

            Now for the soup. Tip the powder into {volume} of {solvent}, throw in {salt} of ordinary salt, and stir as
            if you had all day.
        """,
            fact("volume", number(110, 950, 10, "ml"), """
                In how much liquid is the powder dissolved, according to {doc}?
                What volume of solvent does {doc} call for?
                In {doc}, how many milliliters take up the powder?
                Which volume of liquid goes with the powder in {doc}?
                How far should a measuring cylinder be filled in the second stage, going by {doc}?
                What quantity of fluid is required for making the soup under {doc}?
            """),
            fact("solvent", one_of("distilled water", "acetone", "cold ethanol", "weak vinegar", "glycerin"), """
                In what is the powder dissolved, according to {doc}?
                Which solvent does {doc} use?
                In {doc}, what liquid takes up the powder?
                What liquid is the powder put into in {doc}?
                Which bottle must be fetched for making the soup, going by {doc}?
                What fluid carries the ground material under {doc}?
            """),
            fact("salt", number(100, 480, 20, "mg"), """
                How much table salt is added, according to {doc}?
                What quantity of sodium chloride does {doc} give?
                In {doc}, how many milligrams of salt are needed?
                Which amount of salt goes into the flask in {doc}?
                What does the seasoning of the mixture weigh, going by {doc}?
                How much of the white kitchen crystals is put in under {doc}?
            """)),
        clause("heating", "Heating; Warm bath; Incubation", """
            Keep the flask at {bath} for {bath_time}. When the color turns to {shade}, take it out, because a longer
            stay spoils everything.

            Incubation is carried out at {bath} over {bath_time}. Completion of the reaction is signaled by a change of
            color to {shade}.

            Water bath at {bath}. Duration {bath_time}, lid on. Done when {shade}. Longer heating spoils the batch.

            Into the warm tub it goes, {bath} and not a degree more. Have lunch for {bath_time} and come back, and if
            all went well, you will be greeted by a lovely {shade}.
        """,
            fact("bath", number(31, 78, 1, "°C"), """
                At what temperature is the flask kept, according to {doc}?
                Which temperature does {doc} give for the incubation?
                In {doc}, how hot is the water bath?
                What temperature is set for heating in {doc}?
                How warm must the mixture be held to react, going by {doc}?
                Which setting of the thermostat is right while the reaction runs under {doc}?
            """),
            fact("bath_time", number(35, 90, 5, "minutes"), """
                How long does the flask stay in the bath, according to {doc}?
                Over what time is incubation carried out in {doc}?
                In {doc}, how many minutes does the heating last?
                What duration does {doc} give for the water bath?
                How much of a break does the technician get as the reaction runs under {doc}?
                What does an egg timer have to be set to for the warm stage in {doc}?
            """),
            fact("shade", one_of("pale green", "deep violet", "brick red", "amber", "sky blue", "milky white"), """
                To what color does the flask turn when done, according to {doc}?
                Which change of color marks completion in {doc}?
                In {doc}, what color shows that the reaction is over?
                What color should appear in the bath in {doc}?
                Which hue tells the technician that it worked, going by {doc}?
                What does success look like to the eye under {doc}?
            """)),
        clause("spin", "Centrifuge; Spinning; Separation", """
            Balance the tubes and spin them for {spin_time} at {speed}. Only {keeper} may change the rotor, as it cost
            the lab a window once.

            Separation is effected in the centrifuge at {speed} during {spin_time}. Exchange of the rotor is reserved
            to {keeper}.

            Spin for {spin_time} at {speed}. Tubes balanced, lid locked. Rotor changes by {keeper} and nobody else.

            Tubes in, lid down, and off it whirls at {speed} like a fairground ride, for {spin_time} in all. Hands off
            the rotor, please, since that is the baby of {keeper}.
        """,
            fact("spin_time", number(15, 30, 1, "minutes"), """
                How long are the tubes spun, according to {doc}?
                During what time does the centrifuge run in {doc}?
                In {doc}, how many minutes does the spinning take?
                What spin time does {doc} give?
                How long do the vials rotate, going by {doc}?
                When does the whirling machine come to a halt, counted from its start, in {doc}?
            """),
            fact("speed", number(1500, 9800, 100, "rpm"), """
                At what speed are the tubes spun, according to {doc}?
                What speed of the centrifuge does {doc} state?
                In {doc}, how fast does the centrifuge turn?
                Which speed is set for the separation in {doc}?
                What number of rotations is dialed in, going by {doc}?
                How rapid is the circular motion of the vials in {doc}?
            """),
            fact("keeper", person, """
                Who may change the rotor, according to {doc}?
                To whom is exchange of the rotor reserved in {doc}?
                In {doc}, which person is allowed to change the rotor?
                Who looks after the rotor in {doc}?
                Who alone can swap the spinning part, going by {doc}?
                Whose permission covers work inside the whirling machine in {doc}?
            """)),
        clause("cooling", "Cooling; Storage; Keeping the extract", """
            Put the clear part in the freezer at minus {freezer}, where it keeps for {shelf}. Write {box} on the lid,
            or it will be thrown out in spring.

            The supernatant is preserved at minus {freezer} and remains serviceable for {shelf}. Containers must bear
            the inscription {box}.

            Clear part to the freezer, minus {freezer}. Keeps for {shelf}. Label lid with {box}, ink not pencil.

            Good things need rest, so tuck the clear stuff away at minus {freezer} with {box} scribbled on top. Use it
            up in {shelf}, before somebody mistakes it for lemonade.
        """,
            fact("freezer", number(18, 30, 1, "°C"), """
                How many degrees below zero is the freezer, according to {doc}?
                At minus how many degrees is the clear part preserved in {doc}?
                In {doc}, what is the freezer set to below zero?
                Which temperature below zero does {doc} give for storage?
                How far beneath the freezing point is the product kept, going by {doc}?
                What frost protects the finished liquid under {doc}?
            """),
            fact("shelf", number(2, 22, 1, "months"), """
                How long does the clear part keep, according to {doc}?
                For what time does the supernatant remain serviceable in {doc}?
                In {doc}, how many months does it keep in the freezer?
                Within what time should the clear part be used up in {doc}?
                What is the lifetime of the finished liquid, going by {doc}?
                After how many months would the product be too old under {doc}?
            """),
            fact("box", code("BX"), """
                What must be written on the lid, according to {doc}?
                Which inscription must containers bear in {doc}?
                In {doc}, what label does the lid get?
                What code goes on the lid in {doc}?
                By what marking is the finished liquid recognized later, going by {doc}?
                Which string of characters saves the product from the trash in {doc}?
            """)),
        clause("result", "Result; Reading the result; Evaluation", """
            The reading should lie near {target}. If it is off by more than {tolerance}, repeat the run and tell
            {supervisor}, who signs every second page.

            A value of {target} is to be expected. Deviations beyond {tolerance} necessitate repetition of the run and
            notification of {supervisor}.

            Expected reading {target}. Off by over {tolerance}, repeat the run. Inform {supervisor} in that case, by
            phone.

            Fingers crossed for a reading of about {target}. A wobble of {tolerance} is nothing to cry about, but past
            that you start over and break the news to {supervisor}.
        """,
            fact("target", number(150, 890, 10, "units"), """
                Near what value should the reading lie, according to {doc}?
                What value is to be expected in {doc}?
                In {doc}, which reading is expected?
                What reading does {doc} give as normal?
                What number is the technician hoping for, going by {doc}?
                Which outcome on the meter would count as a success under {doc}?
            """),
            fact("tolerance", percent(2, 14, 0.5), """
                By how much may the reading be off, according to {doc}?
                Beyond what deviation must the run be repeated in {doc}?
                In {doc}, what deviation of the reading is allowed?
                What tolerance for the reading does {doc} state?
                Which margin of error, in relative terms, is acceptable under {doc}?
                How imprecise can an outcome be before it is worthless, going by {doc}?
            """),
            fact("supervisor", person, """
                Who must be told when a run is repeated, according to {doc}?
                Whose notification is required after a deviation in {doc}?
                In {doc}, whom does one inform about a bad reading?
                Who is told when the reading is off in {doc}?
                Who wants to hear of failures, going by {doc}?
                To which superior does a technician confess a poor outcome under {doc}?
            """)),
        clause("reagents", "Suppliers; Ordering; Where things come from", """
            We buy our filters from {supplier}, order number {order}, at {pack} a pack. A pack lasts for a month or two
            if nobody uses them for coffee.

            Filters are procured from {supplier} under {order} at a unit price of {pack}; one pack covers the demand of
            the whole floor.

            Filters from {supplier}, order number {order}. Pack price {pack}, never single sheets. Check stock on
            Fridays.

            Out of filters again? Ring {supplier}, mumble {order}, and hand over {pack} for the pack. That ought to see
            you through to summer, coffee breaks aside.
        """,
            fact("supplier", company, """
                From which company are filters bought, according to {doc}?
                Who supplies the filters in {doc}?
                In {doc}, which firm sells the filters?
                From whom are the filters procured in {doc}?
                Which business profits from the lab's need of paper sieves, going by {doc}?
                Who is the vendor of consumables in {doc}?
            """),
            fact("order", code(), """
                What is the order number of the filters, according to {doc}?
                Under which number are filters procured in {doc}?
                In {doc}, what number is quoted for a pack of filters?
                Which order number does {doc} state?
                What has to be typed into the web shop to get more consumables in {doc}?
                How are the paper sieves identified by their vendor, going by {doc}?
            """),
            fact("pack", money(6, 78, 2), """
                What does a pack of filters cost, according to {doc}?
                What is the price of a pack in {doc}?
                In {doc}, how much is one pack of filters?
                At what price are filters procured in {doc}?
                What expense do consumables cause each time, going by {doc}?
                How much is charged for the paper sieves under {doc}?
            """)),
        clause("safety", "Safety; Accidents; If something goes wrong", """
            If the liquid touches your skin, rinse for {rinse} and call {medic}. Spills are covered with {absorbent},
            never with paper, and reported at once.

            In case of contact with the skin, rinsing shall continue for {rinse} and {medic} be summoned. Spilled
            liquid is to be bound with {absorbent}.

            Skin contact means rinse for {rinse}, call {medic}. Spills, cover with {absorbent}, no paper. Report all of
            it.

            Ouch, got some on your hand? Tap on, {rinse} by the clock, and somebody runs for {medic}. Puddles on the
            floor are buried under {absorbent}, like in a cat's box.
        """,
            fact("rinse", number(100, 290, 10, "seconds"), """
                How long must skin be rinsed, according to {doc}?
                For what time shall rinsing continue in {doc}?
                In {doc}, how many seconds of rinsing follow skin contact?
                What rinse time for skin does {doc} state?
                How much washing does a splashed arm need, going by {doc}?
                For how long does an injured technician stand at the sink in {doc}?
            """),
            fact("medic", person, """
                Who is called when the liquid touches the skin, according to {doc}?
                Who shall be summoned after skin contact in {doc}?
                In {doc}, which person must be called after an accident?
                Whom should somebody call after skin contact in {doc}?
                Who gives first aid to a splashed technician, going by {doc}?
                Whose help is sought following an injury in {doc}?
            """),
            fact("absorbent", one_of("dry sand", "sawdust", "chalk powder", "clay granules", "baking soda"), """
                With what are spills covered, according to {doc}?
                With what is spilled liquid bound in {doc}?
                In {doc}, what goes on top of a spill?
                Which material is used for spills in {doc}?
                What should be scattered over a wet patch on the ground, going by {doc}?
                Which substance soaks up an accident best under {doc}?
            """)),
        clause("waste", "Cleaning up; Waste; At the end", """
            Pour what is left into {bin}, which {collector} empties every {collect}. Switch off the fan before you go
            home and count the spoons.

            Residues shall be discharged into {bin}. Removal by {collector} takes place at intervals of {collect}.

            Leftovers into {bin}, never the sink. Emptied by {collector} every {collect}. Fan off, spoons counted, door
            shut.

            Nearly done! What remains goes into {bin} and not down the drain, however tempting. The truck from
            {collector} rolls in every {collect} to haul it away.
        """,
            fact("bin", one_of("the yellow drum", "the steel canister", "the glass jar", "the striped bucket",
                               "the lead chest", "the green barrel"), """
                Where are leftovers poured, according to {doc}?
                Into what shall residues be discharged in {doc}?
                In {doc}, which container takes what is left?
                What container is used for residues in {doc}?
                Where does the technician get rid of unwanted liquid under {doc}?
                Which vessel holds the trash, going by {doc}?
            """),
            fact("collector", company, """
                Which company empties the waste container, according to {doc}?
                By whom are residues removed in {doc}?
                In {doc}, which firm hauls the leftovers away?
                Whose truck comes for what is left in {doc}?
                Who is paid to dispose of the trash, going by {doc}?
                Which outside business deals with unwanted liquid under {doc}?
            """),
            fact("collect", number(15, 45, 5, "days"), """
                How often is the waste container emptied, according to {doc}?
                At what interval does removal take place in {doc}?
                In {doc}, every how many days are residues removed?
                How much time lies between two removals in {doc}?
                What is the rhythm of trash pickup, going by {doc}?
                How frequently does unwanted liquid disappear from the building under {doc}?
            """)),
    ),
)


def program_names(rng: Random) -> dict[str, str]:
    kind = one_of("Jazz Days", "Book Fair", "Film Week", "Science Night", "Harvest Festival", "Marathon", "Circus",
                  "Chess Open", "Kite Weekend")
    return {"event": f"{coined(rng, 1)} {kind(rng)}", "city": place(rng)}


PROGRAM = Genre(
    "program", program_names,
    titles=("Program of the {event}, {city}",),
    references=(
        "the program of the {event}", "the {event} program", "the leaflet on the {event} in {city}",
        "the schedule for the {event}", "the visitor guide to the {event}", "the {event} brochure",
    ),
    openings=paragraphs("""
        The {event} returns to {city} for three days of good company. Here is what happens, where and when.

        Under the patronage of the city of {city}, the {event} will be held in accordance with the program set out
        below.

        {event}, {city}. All times local. Changes possible.

        Hooray, it is {event} time again in {city}! Grab a friend, a hat and an empty stomach.
    """),
    clauses=(
        clause("opening_show", "Opening; Opening ceremony; Let the fun begin", """
            Doors open at {doors} and the opening speech follows at {speech}. It is held by {speaker}, who has promised
            to stop after two jokes.

            Admission commences at {doors}. The inaugural address will be delivered at {speech} by {speaker}.

            Doors open {doors}, south gate. Opening speech {speech}, main stage, by {speaker}. Free drink for everybody
            afterward.

            Come hungry and come early, for we unlock at {doors}. Then {speaker} grabs the microphone at {speech}, says
            a few words and, with luck, sings.
        """,
            fact("doors", time_of_day("10:00", "11:15"), """
                When do the doors open, according to {doc}?
                At what time does admission commence in {doc}?
                In {doc}, when are the doors unlocked?
                From what hour can visitors get in according to {doc}?
                How early is it possible to enter, going by {doc}?
                When does queueing at the entrance come to an end, as announced in {doc}?
            """),
            fact("speech", time_of_day("11:30", "12:45"), """
                When is the opening speech, according to {doc}?
                At what time is the inaugural address delivered in {doc}?
                In {doc}, what is the time of the opening speech?
                When does the speaker take the microphone in {doc}?
                At which hour is the public officially greeted, going by {doc}?
                When should lovers of rhetoric be in front of the stage in {doc}?
            """),
            fact("speaker", person, """
                Who holds the opening speech, according to {doc}?
                By whom is the inaugural address delivered in {doc}?
                In {doc}, which person speaks at the opening?
                Who says a few words at the start in {doc}?
                Who officially greets the public, going by {doc}?
                Whose voice will be heard before any act performs, as announced in {doc}?
            """)),
        clause("tickets", "Tickets; Prices; Getting in", """
            A day ticket costs {day_ticket} and a pass for all days {full_pass}. Students get {student} off when they
            show a card that is still valid.

            Admission for a single day is {day_ticket}; for the entire duration, {full_pass}. A reduction of {student}
            is granted to students.

            Day ticket {day_ticket}. Pass for all days {full_pass}. Students pay {student} less. Children under six
            free.

            One day of fun sets you back {day_ticket}, but why stop there, when {full_pass} gets you the whole thing?
            If you are still studying, we take {student} off with a smile.
        """,
            fact("day_ticket", money(8, 38, 1), """
                What does a day ticket cost, according to {doc}?
                What is admission for a single day in {doc}?
                In {doc}, how much is a ticket for one day?
                What is the price of a day ticket in {doc}?
                How much is charged to somebody who stays only until evening, going by {doc}?
                What would a visitor with little time have to spend at the gate, as announced in {doc}?
            """),
            fact("full_pass", money(45, 120, 5), """
                What does a pass for all days cost, according to {doc}?
                What is admission for the entire duration in {doc}?
                In {doc}, how much is the pass?
                What is the price of a pass for the whole event in {doc}?
                How much would a fan who never wants to miss anything spend, going by {doc}?
                What is the most complete kind of entry worth, as announced in {doc}?
            """),
            fact("student", percent(10, 60, 5), """
                How much do students get off, according to {doc}?
                What reduction is granted to students in {doc}?
                In {doc}, by what share is the ticket cheaper for students?
                What discount do students have in {doc}?
                How much do young scholars save, in relative terms, going by {doc}?
                What bonus does a university card bring, as announced in {doc}?
            """)),
        clause("concert", "Main concert; Saturday night; The big concert", """
            {band_lead} plays the big concert on the garden stage at {concert}. It goes on for {set_length} without a
            break, so bring a cushion.

            The principal concert, given by {band_lead}, takes place on the principal platform at {concert} and is of
            {set_length} duration, without intermission.

            Big concert at {concert}, on the raft. Star is {band_lead}. Length {set_length}, no break, no support act.

            Save your legs for Saturday, when {band_lead} rocks the harbor for {set_length} flat. The first note rings
            out at {concert}, and earplugs are at the bar.
        """,
            fact("band_lead", person, """
                Who plays the big concert, according to {doc}?
                By whom is the principal concert given in {doc}?
                In {doc}, who is the star of the concert?
                Which musician plays on Saturday in {doc}?
                Whose songs will the crowd hear at the musical highlight, going by {doc}?
                Which artist is the headliner, as announced in {doc}?
            """),
            fact("concert", time_of_day("19:15", "20:30"), """
                When does the big concert start, according to {doc}?
                At what time does the principal concert take place in {doc}?
                In {doc}, what time is given for the concert?
                When is the first note of the concert in {doc}?
                At which hour does the headliner appear, going by {doc}?
                When should music fans have taken up their positions, as announced in {doc}?
            """),
            fact("set_length", number(65, 130, 5, "minutes"), """
                How long is the big concert, according to {doc}?
                What is the duration of the principal concert in {doc}?
                In {doc}, for how many minutes does the concert go on?
                What length does the concert have in {doc}?
                How much playing can music fans expect from the headliner in {doc}?
                When does the headliner leave the spotlight, counted from the start, going by {doc}?
            """)),
        clause("workshop", "Workshop; Hands-on session; Learn something", """
            {teacher} shows you how to {skill} in a workshop of {course_time}. Places are few, tables low, and aprons
            are lent at the door.

            A workshop of {course_time}, under the guidance of {teacher}, enables amateurs of every age to learn how to
            {skill}.

            Workshop, learn to {skill}. Length of {course_time}, twice a day. Taught by {teacher}. Room for eight,
            aprons lent.

            Ever wanted to {skill}? With the help of {teacher} you will manage in {course_time}, or at least laugh a
            lot. The table is tiny, so be quick.
        """,
            fact("teacher", person, """
                Who teaches the workshop, according to {doc}?
                Under whose guidance is the workshop in {doc}?
                In {doc}, which person leads the workshop?
                With whose help do visitors learn in the workshop of {doc}?
                Who passes on a skill to the public, going by {doc}?
                Which expert instructs amateurs, as announced in {doc}?
            """),
            fact("skill", one_of("fold paper boats", "bake flat bread", "juggle", "carve spoons", "knot a hammock",
                                 "print postcards", "tune a guitar", "plant a window box"), """
                What does the workshop teach, according to {doc}?
                What can visitors learn in the workshop of {doc}?
                In {doc}, what does one learn how to do?
                What is the workshop about in {doc}?
                Which talent could an amateur take home, going by {doc}?
                What activity do hands get to try out, as announced in {doc}?
            """),
            fact("course_time", number(20, 60, 5, "minutes"), """
                How long is the workshop, according to {doc}?
                What is the length of the workshop in {doc}?
                In {doc}, how many minutes does the workshop take?
                In what time do visitors learn the skill in {doc}?
                What duration does the lesson for amateurs have, going by {doc}?
                How much of an afternoon does the lesson consume, as announced in {doc}?
            """)),
        clause("food", "Food and drink; Eating; Where to eat", """
            Food comes from {kitchen}, with onion tart at {dish_price} a plate. The ovens are lit until {oven}, and
            water from the fountain is free.

            Catering has been entrusted to {kitchen}. A portion of lentil curry is offered at {dish_price}; orders are
            accepted until {oven}.

            Catering by {kitchen}. Soup or stew, {dish_price} a plate. Last orders {oven}. Fountain water free.

            Your nose will lead you to the pancakes, {dish_price} a plate and worth every cent. The folks from
            {kitchen} keep cooking until {oven}, then even the spoons are washed.
        """,
            fact("kitchen", company, """
                Which company provides the food, according to {doc}?
                To whom has catering been entrusted in {doc}?
                In {doc}, who does the catering?
                From which firm does the food come in {doc}?
                Which business feeds the visitors, going by {doc}?
                Who is behind the stoves, as announced in {doc}?
            """),
            fact("dish_price", money(3, 7, 1), """
                What does a plate of food cost, according to {doc}?
                At what price is a portion offered in {doc}?
                In {doc}, how much is a plate?
                What must be paid for a plate in {doc}?
                How dear is filling one's stomach, going by {doc}?
                How much does a hungry guest need in coins, as announced in {doc}?
            """),
            fact("oven", time_of_day("21:00", "22:15"), """
                Until when is food cooked, according to {doc}?
                Until what time are orders accepted in {doc}?
                In {doc}, when are last orders?
                How late can visitors order food in {doc}?
                When would a hungry guest be sent away, going by {doc}?
                At which hour does the chef call it a day, as announced in {doc}?
            """)),
        clause("race", "Fun run; The race; Running and winning", """
            The fun run covers {distance} around the lake and starts at {start_gun}. Whoever wins takes home a silver
            cup, handed over by {host}.

            A race over {distance} is started at {start_gun}. The victor receives a wreath and a smoked ham from the
            hands of {host}.

            Fun run, {distance}, once around the lake. Start at {start_gun}, bridge. Prize is a bicycle, presented by
            {host}.

            Lace up your shoes, for at {start_gun} the frog horn blows and off you go, {distance} past the ducks. At
            the finish {host} waits with a hug and, for the fastest, a crate of pears.
        """,
            fact("distance", number(3, 21, 1, "kilometers"), """
                How long is the fun run, according to {doc}?
                Over what distance is the race in {doc}?
                In {doc}, how many kilometers does the run cover?
                What distance do the runners have before them in {doc}?
                How far must an athlete's legs carry them, going by {doc}?
                What stretch of ground separates gun and tape in {doc}?
            """),
            fact("start_gun", time_of_day("07:30", "09:15"), """
                When does the fun run start, according to {doc}?
                At what time is the race started in {doc}?
                In {doc}, what is the starting time of the run?
                When do the runners set off in {doc}?
                By which hour should athletes have warmed up, going by {doc}?
                When is the signal given to those who compete on foot in {doc}?
            """),
            fact("host", person, """
                Who hands over the prize of the run, according to {doc}?
                From whose hands does the victor receive the prize in {doc}?
                In {doc}, who presents the prize?
                Who waits at the finish of the run in {doc}?
                Who congratulates the best athlete, going by {doc}?
                Which person gives away the reward, as announced in {doc}?
            """)),
        clause("getting_there", "Getting there; Parking and buses; How to reach us", """
            Park at {parking}, where a space costs {park_fee} a day. A shuttle leaves every {shuttle} and drops you
            right at the gate.

            Parking facilities exist at {parking} for a daily charge of {park_fee}. A shuttle service operates at
            intervals of {shuttle}.

            Cars to {parking}, {park_fee} a day. Shuttle every {shuttle}, free of charge. Bicycles at the gate.

            Leave the car at {parking} and pay the nice man {park_fee}. The little shuttle bus putters by every
            {shuttle}, with accordion music if the driver is in the mood.
        """,
            fact("parking", place, """
                Where can visitors park, according to {doc}?
                At what place do parking facilities exist in {doc}?
                In {doc}, where should cars be left?
                What place is named for parking in {doc}?
                Where must drivers say good-bye to their vehicles, as announced in {doc}?
                To what location should a satnav guide a family, going by {doc}?
            """),
            fact("park_fee", money(8, 20, 1), """
                What does parking cost a day, according to {doc}?
                What is the daily charge for parking in {doc}?
                In {doc}, how much is a parking space per day?
                What must be paid for leaving a car in {doc}?
                What is the price of arriving on one's own four wheels, going by {doc}?
                How much do drivers spend on standing still, as announced in {doc}?
            """),
            fact("shuttle", number(5, 18, 1, "minutes"), """
                How often does the shuttle leave, according to {doc}?
                At what interval does the shuttle service operate in {doc}?
                In {doc}, every how many minutes is there a shuttle?
                How many minutes lie between two shuttle buses in {doc}?
                What is the longest wait for a lift to the grounds, going by {doc}?
                With which frequency are guests carried to the grounds, as announced in {doc}?
            """)),
        clause("contest", "Prize draw; Raffle; Try your luck", """
            The raffle is run by {sponsor}, and the winning number is drawn on {draw_day} by {drawer}. Each ticket
            bought before noon counts twice.

            A raffle, organized by {sponsor}, will be decided on {draw_day}, the lot being drawn by {drawer}.

            Raffle by {sponsor}. Draw on {draw_day}. Number drawn by {drawer}, eyes shut. Tickets at every bar.

            Feeling lucky? Our friends at {sponsor} have filled a barrel with tickets, and on {draw_day} it is {drawer}
            who reaches in, blindfold and all.
        """,
            fact("sponsor", company, """
                Who runs the raffle, according to {doc}?
                By which company is the raffle organized in {doc}?
                In {doc}, what firm is behind the raffle?
                What company filled the barrel of the raffle in {doc}?
                Which business supports the game of chance, going by {doc}?
                To which enterprise do gamblers owe their fun, as announced in {doc}?
            """),
            fact("draw_day", date(2014, 2026), """
                On what date is the raffle drawn, according to {doc}?
                When will the raffle be decided in {doc}?
                In {doc}, on which day is the winning number drawn?
                What is the date of the draw in {doc}?
                When will gamblers learn whether fortune smiled on them in {doc}?
                On which day is the game of chance over, going by {doc}?
            """),
            fact("drawer", person, """
                Who draws the winning number, according to {doc}?
                By whom is the lot drawn in {doc}?
                In {doc}, which person draws the raffle?
                Who reaches into the barrel in {doc}?
                In whose hand does gamblers' fate lie, going by {doc}?
                Who plays the part of fortune, as announced in {doc}?
            """)),
        clause("weather_plan", "If it rains; Bad weather; Rain plan", """
            If it rains, everything moves to {shelter}, which holds {capacity}. Look at the board after breakfast, when
            {decider} gives the word.

            In the event of rain the program is transferred to {shelter}, with a capacity of {capacity}. The decision
            lies with {decider} and is posted at the gate.

            Rain means {shelter}, capacity {capacity}. Decision by {decider}, posted at breakfast time at the latest.

            Gray clouds? Don't sulk, we simply squeeze {capacity} into {shelter} and carry on. It is up to {decider} to
            read the sky, and the verdict hangs on the gate by noon.
        """,
            fact("shelter", one_of("the tram depot", "the ice rink", "the fruit hall", "the sports dome",
                                   "the cattle market"), """
                Where does everything move if it rains, according to {doc}?
                To what place is the program transferred in the event of rain in {doc}?
                In {doc}, what is the rain venue?
                Which building is used in bad weather in {doc}?
                Where would guests stay dry, going by {doc}?
                Under which roof does the fun continue on a wet day in {doc}?
            """),
            fact("capacity", number(400, 3900, 50, "guests"), """
                How many does the rain venue hold, according to {doc}?
                What is the capacity of the place used when it rains in {doc}?
                In {doc}, how many guests fit in if it rains?
                For how many is there room in the rain venue of {doc}?
                What size of audience can stay dry, going by {doc}?
                From what number on would people get wet on a bad day, as announced in {doc}?
            """),
            fact("decider", person, """
                Who decides about moving in the rain, according to {doc}?
                With whom does the decision about rain lie in {doc}?
                In {doc}, which person says yes or no to moving indoors?
                Who reads the sky in {doc}?
                Who is in command of plan B, going by {doc}?
                Who has to judge whether a downpour threatens, as announced in {doc}?
            """)),
    ),
)


GENRES: tuple[Genre, ...] = (MANUAL, HANDBOOK, INCIDENT, MINUTES, CATALOG, TOWN, LETTER, SYLLABUS, PROTOCOL, PROGRAM)


@dataclass(frozen=True)
class Revision:
    """A notice that changes one section of a document: `titles` use {title}, `wordings` also {section}, {section_title}
    and {new_text}, which is the section's new statement and ends in a period."""

    titles: tuple[str, ...]
    wordings: tuple[str, ...]


REVISIONS: dict[str, Revision] = {
    "manual": Revision(("Change notice to {title}",), paragraphs("""
        A mistake has slipped into the printed booklet. Section {section}, "{section_title}", now reads: "{new_text}"

        With immediate effect the text of section {section} ("{section_title}") is withdrawn and replaced by the
        following statement: "{new_text}"

        Section {section}, {section_title}, new text: "{new_text}"

        Grab a pen, please, and turn to section {section} about "{section_title}". Cross it all out and write this
        instead: "{new_text}"
    """)),
    "handbook": Revision(("Update to {title}",), paragraphs("""
        From this month on, section {section} ("{section_title}") is different. It now says: "{new_text}"

        By decision of the management, section {section}, headed "{section_title}", is amended to read as follows:
        "{new_text}"

        New in section {section}, {section_title}: "{new_text}" Old version void.

        We listened to you and changed our minds about "{section_title}". Forget what you learned from section
        {section}, because this is how we do it now: "{new_text}"
    """)),
    "incident": Revision(("Correction of {title}",), paragraphs("""
        After a second look, section {section} of the report, "{section_title}", was found to be wrong. The correct
        statement is: "{new_text}"

        Upon review of the evidence the findings in section {section} ("{section_title}") are set aside. They are
        superseded by the following: "{new_text}"

        Section {section}, {section_title}, corrected: "{new_text}" Rest unchanged.

        Well, this is embarrassing, but we got "{section_title}" in section {section} wrong the first time. Here is
        what really happened: "{new_text}"
    """)),
    "minutes": Revision(("Amendment to {title}",), paragraphs("""
        The members did not agree with what was written under point {section}, "{section_title}". They now want it to
        say: "{new_text}"

        On a motion duly seconded, point {section} of the record ("{section_title}") is struck out and the following
        entered in its place: "{new_text}"

        Point {section}, {section_title}, amended: "{new_text}" Carried.

        Remember the muddle over "{section_title}"? Please ignore point {section} as it was sent around, for what we
        meant was this: "{new_text}"
    """)),
    "catalog": Revision(("Erratum to {title}",), paragraphs("""
        Part {section} of this page, "{section_title}", was printed with old figures. Please read instead: "{new_text}"

        Customers are informed that part {section} ("{section_title}") no longer applies and that the statement below
        prevails: "{new_text}"

        Part {section}, {section_title}, valid from today: "{new_text}"

        Oops, our printer had a bad day with "{section_title}". Stick this little note over part {section}, because
        here comes the true version: "{new_text}"
    """)),
    "town": Revision(("Revision of the entry {title}",), paragraphs("""
        Readers have pointed out an error in paragraph {section} of this entry, "{section_title}". It should say:
        "{new_text}"

        In the light of recent research paragraph {section} ("{section_title}") can no longer be upheld and is restated
        thus: "{new_text}"

        Paragraph {section}, {section_title}, revised edition: "{new_text}"

        Our editors dug through the archive once more, and what paragraph {section} told you about "{section_title}"
        turns out to be a legend. The real story goes like this: "{new_text}"
    """)),
    "letter": Revision(("Postscript to the {title}",), paragraphs("""
        I must correct what I wrote under {section}, "{section_title}". In truth it is like this: "{new_text}"

        Allow me to withdraw what you read under {section} ("{section_title}") and to put the following in its place:
        "{new_text}"

        About {section}, {section_title}, all changed: "{new_text}" Yours ever.

        Tear up the bit about "{section_title}", number {section} in my letter, since life had other ideas. So now:
        "{new_text}"
    """)),
    "syllabus": Revision(("Amended page to {title}",), paragraphs("""
        There has been a change of plan. Item {section} of the syllabus, "{section_title}", is now: "{new_text}"

        By resolution of the faculty, item {section} ("{section_title}") ceases to have effect and the subsequent
        provision takes its place: "{new_text}"

        Item {section}, {section_title}, as of this term: "{new_text}" Earlier print void.

        Dear all, your feedback on "{section_title}" was loud and clear, so I rewrote item {section}. Here you go:
        "{new_text}"
    """)),
    "protocol": Revision(("Protocol deviation note for {title}",), paragraphs("""
        Recent runs showed that step {section}, "{section_title}", does not work as printed. From today we do it like
        this: "{new_text}"

        Following revalidation, step {section} ("{section_title}") is declared obsolete. Personnel shall adhere to the
        revised text: "{new_text}"

        Step {section}, {section_title}, replaced: "{new_text}" Sign and file.

        Somebody in the night shift found a better trick for "{section_title}". Paste this over step {section} in your
        notebook: "{new_text}"
    """)),
    "program": Revision(("Late changes to {title}",), paragraphs("""
        One thing has changed since the leaflet went to print, namely number {section}, "{section_title}". What counts
        now is this: "{new_text}"

        The organizers regret to announce that number {section} ("{section_title}") had to be rearranged. The
        arrangement in force is as follows: "{new_text}"

        Number {section}, {section_title}, last-minute change: "{new_text}"

        Stop the presses! We had to juggle "{section_title}" a little, so cross out number {section} and scribble this
        next to it: "{new_text}"
    """)),
}


def revise(original: Written, genre: Genre, clause_key: str, rng: Random, style: int,
           only: str | None = None) -> Written:
    """A notice that replaces one section of `original` by the same clause with newly drawn values.

    Returns a document of one section whose facts are those of the clause. Each value differs from the old one; with
    `only` just that fact's does. KeyError if `original` does not hold the clause or the clause the fact; ValueError if
    no other value can be drawn.
    """
    changed = next(c for c in genre.clauses if c.key == clause_key)
    old = {f.name: original.fact(clause_key, f.name) for f in changed.facts}
    values = {name: placed.value for name, placed in old.items()}
    for f in [old[only].fact] if only else changed.facts:
        values[f.name] = draw_other(f, values[f.name], rng)
    section = old[changed.facts[0].name].section
    section_title = original.sections[section - 1][2]
    revision = REVISIONS[genre.key]
    title = fill(rng.choice(revision.titles), {"title": original.title})[0]
    # The new statement goes in as a template, so that the engine places its facts.
    new_text = changed.wordings[style % len(changed.wordings)]
    wording = revision.wordings[style % len(revision.wordings)]
    for name, text in (("section", str(section)), ("section_title", section_title), ("new_text", new_text)):
        wording = wording.replace("{" + name + "}", text)
    notice = Written(title, f"# {title}\n\n", dict(original.names))
    write_clause(notice, changed, values, wording, section_title)
    notice.text = notice.text.rstrip() + "\n"
    return notice


def draw_other(changed: Fact, old: str, rng: Random) -> str:
    """A value of the fact that differs from `old`; ValueError if 100 draws give none."""
    for _ in range(100):
        value = changed.value(rng)
        if value != old:
            return value
    raise ValueError(f"fact {changed.name} has only the value {old!r}: give it more options")


# --- A register of companies: former names, owners, heads -----------------------------------------------------------

def register_names(rng: Random) -> dict[str, str]:
    return {"region": place(rng), "registrar": person(rng)}


ENTRY = clause("entry", "Entry; Register entry; Company", """
    {new_name} (formerly {old_name}) has its seat in {seat}. The company is owned by {parent} and its chair is
    {person}.

    The undertaking entered under the name {new_name}, previously known as {old_name}, is domiciled in {seat}. All
    shares are held by {parent}; the board is presided over by {person}.

    {new_name}, ex {old_name}. Owner is {parent}. Chair is {person}, seat in {seat}, no branches.

    If you remember {old_name}, you will find it here as {new_name}, since that is what the sign says now. The money
    comes from {parent}, the meetings in {seat} are led by {person}, and the lights are on till late.

    Under the chair of {person}, {new_name} does business from {seat}. It belongs to {parent} and traded as {old_name}
    until its new name was entered.

    Once a family shop called {old_name}, the firm was bought by {parent}, moved to {seat} and renamed {new_name}. At
    the head of the table sits {person}.

    Owned by {parent}, with {person} in the chair, {new_name} runs its offices at {seat}; on old letters you may still
    see the name {old_name}.

    On record at {seat} is {new_name}, a subsidiary of {parent}. Its name used to be {old_name}, and the chair has
    passed to {person}.
""",
    fact("new_name", company, """
        What is {old_name} called now, according to {doc}?
        Under what name is {old_name} known today in {doc}?
        According to {doc}, what is the present name of {old_name}?
        Which company was formerly {old_name}, according to {doc}?
        What did {old_name} turn into, going by {doc}?
        Which name would a caller looking for {old_name} have to use these days, as listed in {doc}?
    """),
    fact("old_name", company, """
        What was {new_name} formerly called, according to {doc}?
        What is the former name of {new_name} in {doc}?
        According to {doc}, under what name did {new_name} trade before?
        Which name did {new_name} have previously, according to {doc}?
        How did people refer to {new_name} in earlier days, going by {doc}?
        What did {new_name} give up as its label, as listed in {doc}?
    """),
    fact("parent", company, """
        Who owns {new_name}, according to {doc}?
        What is the parent company of {new_name} in {doc}?
        According to {doc}, to whom does {new_name} belong?
        Which company holds the shares of {new_name}, according to {doc}?
        Whose property is {new_name}, going by {doc}?
        Into whose pocket do the profits of {new_name} flow, as listed in {doc}?
    """),
    fact("person", person, """
        Who is the chair of {new_name}, according to {doc}?
        Who presides over the board of {new_name} in {doc}?
        According to {doc}, who is at the head of {new_name}?
        Which person chairs {new_name}, according to {doc}?
        Who runs things at {new_name}, going by {doc}?
        Who holds the gavel at {new_name}, as listed in {doc}?
    """),
    fact("seat", place, """
        Where is the seat of {new_name}, according to {doc}?
        In which town is {new_name} domiciled in {doc}?
        According to {doc}, from where does {new_name} do business?
        What is the home town of {new_name} in {doc}?
        Where would a visitor to {new_name} have to travel, going by {doc}?
        At what location can {new_name} be found, as listed in {doc}?
    """))

DIRECTORY = Genre(
    "directory", register_names,
    titles=("Register of companies of {region}",),
    references=(
        "the {region} register of companies", "the register of {region}", "the company register kept at {region}",
        "the list of companies of {region}", "{region}'s register of firms",
    ),
    openings=paragraphs("""
        This register lists the companies of {region} with their former names. It is kept by {registrar}.

        The following entries are published by {registrar}, registrar of {region}, and have effect as against
        everybody.

        Register, {region}. Registrar is {registrar}.

        Firms change their names more often than people do, so {registrar} keeps this list for all of {region}.
    """),
    clauses=(ENTRY,),
)


@dataclass(frozen=True)
class TwoStep:
    """Questions that need two look-ups: from the name in `given` to an entry, from there to `answer`.

    With `through_owner` the answer stands in the entry of the owner, otherwise in the very entry that `given` leads to.
    """

    key: str
    given: str
    through_owner: bool
    answer: str
    questions: tuple[str, ...]


TWO_STEPS: tuple[TwoStep, ...] = (
    TwoStep("chair_of_renamed", "old_name", False, "person", lines("""
        Who is the chair of the company formerly called {old_name}, according to {doc}?
        According to {doc}, who heads the firm that used to be {old_name}?
        Who leads what was once {old_name}, going by {doc}?
        As listed in {doc}, who has the top seat at the successor of {old_name}?
    """)),
    TwoStep("owner_of_renamed", "old_name", False, "parent", lines("""
        Who owns the company formerly called {old_name}, according to {doc}?
        According to {doc}, to whom does the former {old_name} belong?
        Whose property is the firm that was once {old_name}, going by {doc}?
        As listed in {doc}, who controls the successor of {old_name}?
    """)),
    TwoStep("chair_of_owner", "new_name", True, "person", lines("""
        Who is the chair of the company that owns {new_name}, according to {doc}?
        According to {doc}, who chairs the parent of {new_name}?
        Who leads the owner of {new_name}, going by {doc}?
        As listed in {doc}, who is at the top of the firm holding the shares of {new_name}?
    """)),
    TwoStep("former_name_of_owner", "new_name", True, "old_name", lines("""
        What was the owner of {new_name} formerly called, according to {doc}?
        According to {doc}, what is the former name of the parent of {new_name}?
        Which name did the firm behind {new_name} have in earlier days, going by {doc}?
        As listed in {doc}, how was the company that holds {new_name} known in the past?
    """)),
    TwoStep("owner_of_owner", "new_name", True, "parent", lines("""
        Who owns the owner of {new_name}, according to {doc}?
        According to {doc}, which company is the parent of the parent of {new_name}?
        To whom does the firm that holds {new_name} itself belong, going by {doc}?
        As listed in {doc}, who is at the end of the line two levels above {new_name}?
    """)),
    TwoStep("seat_of_owner", "new_name", True, "seat", lines("""
        Where is the seat of the company that owns {new_name}, according to {doc}?
        According to {doc}, in which town is the parent of {new_name} at home?
        From where does the owner of {new_name} do business, going by {doc}?
        As listed in {doc}, to what place would a letter to the firm behind {new_name} go?
    """)),
    TwoStep("chair_of_owner_of_renamed", "old_name", True, "person", lines("""
        Who is the chair of the owner of the company formerly called {old_name}, according to {doc}?
        According to {doc}, who chairs the parent of what used to be {old_name}?
        Who leads the firm that holds the former {old_name}, going by {doc}?
        As listed in {doc}, who heads the buyer of the business once known as {old_name}?
    """)),
)


def answering_entry(step: TwoStep, entries: list[dict[str, str]], asked: int) -> int | None:
    """Index of the entry that holds the answer if `step` is asked about entry number `asked`; None if none does.

    In the register of `write_register` it is section index + 1.
    """
    if not step.through_owner:
        return asked
    owners = [i for i, entry in enumerate(entries) if entry["new_name"] == entries[asked]["parent"]]
    return owners[0] if owners else None


def draw_entries(rng: Random, count: int) -> list[dict[str, str]]:
    """`count` register entries, all names different; about half are owned by another entry, never in a circle."""
    used: set[str] = set()

    def fresh(value: Value) -> str:
        while (drawn := value(rng)) in used:
            pass
        used.add(drawn)
        return drawn

    entries: list[dict[str, str]] = []
    for _ in range(count):
        inside = entries and rng.random() < 0.5
        parent = rng.choice(entries)["new_name"] if inside else fresh(company)
        entries.append({"new_name": fresh(company), "old_name": fresh(company), "parent": parent,
                        "person": fresh(person), "seat": place(rng)})
    rng.shuffle(entries)
    return entries


def write_register(rng: Random, names: dict[str, str], entries: list[dict[str, str]], style: int) -> Written:
    """A register with one numbered section per entry, titled by its present name; wordings vary over the entries."""
    title = fill(DIRECTORY.titles[0], names)[0]
    register = Written(title, f"# {title}\n\n", dict(names))
    register.text += fill(DIRECTORY.openings[style % len(DIRECTORY.openings)], names)[0] + "\n\n"
    for entry in entries:
        write_clause(register, ENTRY, entry, rng.choice(ENTRY.wordings), "Entry " + code()(rng))
    register.text = register.text.rstrip() + "\n"
    return register
